using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes;

/// <summary>Describes why a command did not start, with the path concerned and the system's error message.</summary>
internal static class SpawnFailure
{
    /// <summary>
    /// Returns the message for an error number of posix_spawn, which does not distinguish a failure of the folder from
    /// one of the program.
    /// </summary>
    internal static string Of(StartRequest request, string folder, int error)
    {
        if (!Directory.Exists(folder))
        {
            var what = Path.Exists(folder) ? Libc.ENOTDIR : Libc.ENOENT;
            return $"cannot start in the folder '{folder}': {Libc.Describe(what)}";
        }
        if (error == Libc.EACCES && Libc.access(folder, Libc.X_OK) < 0)
            return $"cannot start in the folder '{folder}': {Libc.Describe(Libc.LastError)}";
        return $"cannot start '{request.Arguments[0]}': {Libc.Describe(error)}";
    }
}
