using OrleansTasks.Worker.Processes.Interop;
using OrleansTasks.Worker.Processes.Users;

namespace OrleansTasks.Worker.Processes;

/// <summary>Prepares a command to run as another user and within its limits.</summary>
internal static class CommandWrap
{
    /// <summary>
    /// Returns why a command cannot start in its folder; null if it can, or if the start itself will tell.
    /// Accesses the file systems of the folder and the program, which may hang.
    /// </summary>
    internal static string? Check(StartRequest request, string folder, RunAsUser? user)
    {
        if (user is null) return null;
        // Another program will start this one, and its exit code would not say that the program is missing.
        if (ProgramFinder.Check(request, folder, user) is var error and not 0)
            return SpawnFailure.Of(request, folder, error);
        return UserSwitch.Access(user, folder, Libc.X_OK) is var closed and not 0
            ? $"cannot start in the folder '{folder}' as '{user.Name}': {Libc.Describe(closed)}"
            : null;
    }

    /// <summary>Prepares a command that was checked. Returns why that is not possible, or null.</summary>
    internal static string? Apply(RunningProcess process, HostParts parts, ref StartRequest request)
    {
        var limits = LimitsOf(request);
        request = Exchange.Tell(request, process);
        if (process.User is { } user) request = UserSwitch.Wrap(WithHome(request, process), user);
        if (limits is null) return null;
        try
        {
            process.LimitedTree = parts.Limits.Prepare(process, limits);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return $"cannot limit '{process.Request.Arguments[0]}': {refused.Message}";
        }
        return null;
    }

    /// <summary>Makes the task's own folder its HOME, since a user of one task has no home.</summary>
    private static StartRequest WithHome(StartRequest request, RunningProcess process)
    {
        if (process.User is not { IsOfOneTask: true } || request.Environment.Any(static variable => variable.Key == "HOME")) return request;
        return request with { Environment = [.. request.Environment, new("HOME", process.OwnFolder?.Path ?? "/")] };
    }

    private static ProcessLimits? LimitsOf(StartRequest request) =>
        request.Limits is { IsNone: false } given ? given : null;
}
