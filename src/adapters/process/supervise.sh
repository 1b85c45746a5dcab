#!/bin/sh
# Runs a program whose output and exit code must outlive the server that started it.
# usage: supervise.sh FOLDER START_BEFORE_EPOCH_SECONDS COMMAND [ARGUMENT...]
#
# Output goes to files: on a pipe, the death of the reader would kill the program by SIGPIPE in the
# middle of its work. Signals are sent to the whole process group: the program acts on them, and the
# supervisor only lives on to write down how it ended. The program runs in the foreground, since a
# shell starts background jobs with SIGINT ignored.
folder=$1
start_before=$2
shift 2

# Both files were made with room for their content, and are overwritten in place (1<>): on a full disk the
# pid and the exit code are written all the same.
finish() {
  # The output of the program is lost on a full disk; the word is for the reader of the exit code. The probe
  # is large, as the end of the program may free a few blocks.
  full=
  head -c 1048576 /dev/zero >"$folder/probe" 2>/dev/null || full=' full'
  rm -f "$folder/probe"
  printf '%-12s\n' "$1$full" 1<>"$folder/exit-code.part" && mv "$folder/exit-code.part" "$folder/exit-code"
}

# For a server that dies before it can store the pid.
printf '%-10s\n' $$ 1<>"$folder/pid"
if [ "$(date +%s)" -ge "$start_before" ]; then
  echo "not started: the lease had run out" >&2
  finish 75
  exit 75
fi
trap : INT TERM HUP
"$@" </dev/null >>"$folder/stdout" 2>>"$folder/stderr"
finish $?
