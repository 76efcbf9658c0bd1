using OrleansTasks.Worker.Processes.Forwarding;
using OrleansTasks.Worker.Processes.Interop;
using OrleansTasks.Worker.Processes.Users;

namespace OrleansTasks.Worker.Processes;

/// <summary>Prepares a command to run as another user and within its limits.</summary>
internal static class CommandWrap
{
    /// <summary>How many processes a sandbox has besides those of its command.</summary>
    private const int OwnProcesses = 2;

    /// <summary>
    /// Returns why a command cannot start in its folder; null if it can, or if the start itself will tell.
    /// Accesses the file systems of the folder and the program, which may hang.
    /// </summary>
    internal static string? Check(StartRequest request, string folder, RunAsUser? user)
    {
        // Only the command itself can tell what its sandbox or its container contains.
        if (user is null || request.Sandbox is not null || request.Container is not null) return null;
        // Another program will start this one, and its exit code would not say that the program is missing.
        if (ProgramFinder.Check(request, folder, user) is var error and not 0)
            return SpawnFailure.Of(request, folder, error);
        return UserSwitch.Access(user, folder, Libc.X_OK) is var closed and not 0
            ? $"cannot start in the folder '{folder}' as '{user.Name}': {Libc.Describe(closed)}"
            : null;
    }

    /// <summary>Prepares a command that was checked. Returns why that is not possible, or null.</summary>
    internal static string? Apply(RunningProcess process, HostParts parts, string folder, ref StartRequest request)
    {
        var limits = LimitsOf(request);
        request = Exchange.Tell(request, process);
        if (request.Sandbox is not null)
        {
            request = With(request, [new("HOME", folder)]);
            parts.Sandboxes.GiveFolders(process);
            process.Sandbox = parts.Sandboxes.Plan(process, request, folder, out var why);
            if (process.Sandbox is null) return $"cannot start '{process.Request.Arguments[0]}': {why}";
            if (process.Sandbox.Hosts is { } hosts) request = With(request, Forwarder.VariablesFor(hosts));
            limits = InSandbox(limits);
        }
        else if (request.Container is not null)
        {
            if (parts.Containers.Wrap(process, request, folder, out var why) is not { } wrapped)
                return $"cannot start '{process.Request.Arguments[0]}': {why}";
            request = wrapped;
            // The engine sets the other limits, in the control group of the container.
            var memory = parts.Containers.LimitsMemory ? null : limits?.MemoryBytes;
            limits = limits?.CpuTime is not null || memory is not null
                ? new ProcessLimits { CpuTime = limits?.CpuTime, MemoryBytes = memory }
                : null;
        }
        else if (process.User is { } user)
            request = UserSwitch.Wrap(
                user.IsOfOneTask ? With(request, [new("HOME", process.OwnFolder?.Path ?? "/")]) : request, user);
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

    /// <summary>Adds those variables that a command does not have.</summary>
    private static StartRequest With(StartRequest request, IEnumerable<KeyValuePair<string, string>> variables)
    {
        var given = request.Environment;
        var added = variables.ExceptBy(given.Select(static one => one.Key), static one => one.Key);
        return request with { Environment = [.. given, .. added] };
    }

    /// <summary>
    /// Adapts limits to a sandbox: its own two processes do not count. The sandbox itself limits open files, because it
    /// needs a few while it is built.
    /// </summary>
    private static ProcessLimits? InSandbox(ProcessLimits? limits)
    {
        if (limits is null) return null;
        var changed = limits with { OpenFiles = null, Processes = limits.Processes + OwnProcesses };
        return changed.IsNone ? null : changed;
    }

    private static ProcessLimits? LimitsOf(StartRequest request) =>
        request.Limits is { IsNone: false } given ? given : null;
}
