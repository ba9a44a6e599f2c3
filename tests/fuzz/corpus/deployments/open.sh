#!/bin/sh
A=(1 2
if [ ; then
cat <<EOF
$A
