using OrleansTasks.Worker.Processes.Interop;
using OrleansTasks.Worker.Processes.Users;

namespace OrleansTasks.Worker.Processes;

/// <summary>
/// Finds a program as execvp(3) does, but in the PATH of the command; posix_spawnp would search the agent's.
/// </summary>
internal static class ProgramFinder
{
    internal const string DefaultPath = "/usr/local/bin:/usr/bin:/bin";

    /// <summary>Checks whether the user can start the program. Returns 0 or an error number.</summary>
    internal static int Check(StartRequest request, string folder, RunAsUser user) =>
        Find(request, folder, out var error) is { } found ? ProgramFormat.Check(Path.Combine(folder, found), folder, user) : error;

    /// <summary>Returns the command's <c>PATH</c>, or null if it has none.</summary>
    internal static string? PathOf(StartRequest request)
    {
        string? path = null;
        foreach (var (name, value) in request.Environment)
            if (name == "PATH") path = value;
        return path;
    }

    /// <summary>Returns the path to start; null and an error number if there is none.</summary>
    internal static string? Find(StartRequest request, string folder, out int error)
    {
        error = Libc.ENOENT;
        var program = request.Arguments[0];
        if (program.Contains('/')) return program;
        var path = PathOf(request) ?? DefaultPath;
        foreach (var range in path.AsSpan().Split(':'))
        {
            var candidate = Path.Join(folder, path.AsSpan()[range], program);
            if (path.AsSpan()[range].StartsWith('/')) candidate = Path.Join(path.AsSpan()[range], program);
            if (Libc.access(candidate, Libc.X_OK) == 0 && !Directory.Exists(candidate)) return candidate;
            if (Libc.LastError == Libc.EACCES) error = Libc.EACCES;
        }
        return null;
    }
}
