# Sourced. Sets version and rid, from VERSION= and RID= if they are given.
version=${VERSION:-$(sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' Directory.Build.props)}
rid=${RID:-linux-x64}
