#!/bin/sh
# The guided tour, for hands that know this command. Options are those of `bmdemo demo`; --slow is how it runs anyway.
exec node "$(dirname "$0")/../bin/bmdemo.js" demo "$@"
