# Sourced. Programs built by .NET look for the runtime in DOTNET_ROOT or in the system's folder; where the dotnet command is
# elsewhere, this tells them.
if [ -z "${DOTNET_ROOT:-}" ] && command -v dotnet >/dev/null 2>&1; then
    DOTNET_ROOT=$(dirname "$(readlink -f "$(command -v dotnet)")")
    export DOTNET_ROOT
fi
