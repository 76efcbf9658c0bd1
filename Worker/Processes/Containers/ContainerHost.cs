using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using OrleansTasks.Worker.Files;
using OrleansTasks.Worker.Processes.Interop;
using OrleansTasks.Worker.Processes.Users;

namespace OrleansTasks.Worker.Processes.Containers;

/// <summary>
/// Runs commands in containers by the engine of this machine. The engine's program is the attempt's process: it passes
/// on the command's output, its exit code, and the signals that it gets.
/// </summary>
/// <remarks>
/// <code>
/// planned ──► the engine's program runs ──ended by itself──► over: the engine has removed the container
///                  │                    ──killed, or looked at first──► removed by name ──► over
///                  └── the worker died ──► removed at the worker's next start, by the label with its folder
/// </code>
/// </remarks>
internal sealed class ContainerHost
{
    private const int ExitBySigkill = 128 + 9;
    // What podman itself may have, of which a container cannot have more.
    private const long MostUserProcesses = 32_768;
    private static readonly long UserProcesses =
        Libc.HardLimit(Libc.RLIMIT_NPROC) is >= 0 and < MostUserProcesses and var limit ? limit : MostUserProcesses;

    private static readonly bool HasUnifiedGroups = File.Exists("/sys/fs/cgroup/cgroup.controllers");
    private readonly ConcurrentDictionary<string, bool> live = new();
    private readonly IReadOnlyList<string> allowed;
    private readonly string workRoot;
    private readonly WorkFolders folders;
    private readonly EngineChoice choice;
    private readonly ContainerEngine? found;
    private readonly EngineCalls calls;
    private readonly Lock gate = new();
    private volatile ContainerEngine? engine;
    private Task<string?>? proof;

    /// <param name="choice">Which engine to use.</param>
    /// <param name="allowed">The paths that commands may ask for, absolute and without links.</param>
    /// <param name="workRoot">The folder that holds the working folders.</param>
    /// <param name="folders">Makes the folders for the engine's files.</param>
    /// <param name="start">Starts a command of the worker itself.</param>
    internal ContainerHost(EngineChoice choice, IReadOnlyList<string> allowed, string workRoot, WorkFolders folders, Func<StartRequest, IRunningProcess> start)
    {
        (this.choice, this.allowed, this.folders) = (choice, allowed, folders);
        this.workRoot = Path.GetFullPath(workRoot);
        calls = new(start);
        found = FindEngine();
        Images = new(calls, () => engine);
    }

    /// <summary>The images that this machine has.</summary>
    internal ContainerImages Images { get; }

    /// <summary>Whether commands in containers run as users that nobody of the machine is.</summary>
    internal bool MapsUsers => found is { MapsUsers: true };

    /// <summary>
    /// Removes what an earlier run of this worker left, and tries a container. Returns why this machine can have none, or
    /// null. Only the first call does something. A machine without an engine needs no time.
    /// </summary>
    internal Task<string?> ProveAsync(Func<ContainerRequest, IReadOnlyList<string>, Task<ProcessOutcome>> run)
    {
        lock (gate) return proof ??= found is null ? Task.FromResult<string?>(NotFound) : Task.Run(() => TryAsync(found, run));
    }

    /// <summary>Keeps the container of a command that an earlier program of this process has started.</summary>
    internal void Adopt(ContainerRun run) => live[run.Name] = true;

    /// <summary>
    /// Writes the files of a command's container, and returns the request that runs it. Returns null and why that is not
    /// possible otherwise.
    /// </summary>
    internal StartRequest? Wrap(RunningProcess process, StartRequest request, string folder, out string? why)
    {
        var asked = request.Container!;
        if (engine is not { } made)
        {
            why = "this worker cannot run containers";
            return null;
        }

        if (made.Kind == EngineKind.Docker && asked.User is not null)
        {
            why = "this worker's container engine is docker, which cannot give a command a user of the container that is none of the machine; leave out isolation.user";
            return null;
        }

        if (Mounts(process, asked, folder, out why) is not { } mounts) return null;
        if (EnvironmentText.Of(request.Environment, out why) is not { } environment) return null;
        if (folders.Create(null, out var error) is not { } own)
        {
            why = $"cannot create a folder for its container: {Libc.Describe(error)}";
            return null;
        }

        // An engine that removes it would remove the reason of its end too.
        var run = new ContainerRun($"otask-{RandomNumberGenerator.GetHexString(32, lowercase: true)}", own, IsRemovedAtEnd: request.Limits?.MemoryBytes is null);
        live[run.Name] = true;
        process.Container = run;
        WritePrivately(run.EnvironmentFile, environment);
        if (made.Kind == EngineKind.Docker) GiveFolders(process, mounts);
        var plan = new ContainerPlan
        {
            Name = run.Name, Worker = workRoot, Image = Images.IdOf(asked.Image) ?? asked.Image, Arguments = request.Arguments, KeepsEntrypoint = asked.KeepsEntrypoint,
            Folder = asked.WorkingDirectory ?? folder, EnvironmentFile = run.EnvironmentFile, ProcessFile = run.ProcessFile, Mounts = mounts,
            Devices = [.. asked.Devices.Where(static name => File.Exists("/dev/" + name))], User = asked.User, Owner = OwnerOf(process.User, made),
            UsesHostNetwork = asked.UsesHostNetwork, HasInput = request.KeepsInputOpen || !request.Input.IsEmpty, IsRemovedAtEnd = run.IsRemovedAtEnd,
            Limits = new(request.Limits?.OpenFiles ?? Libc.HardLimit(Libc.RLIMIT_NOFILE), UserProcesses,
                request.Limits?.MemoryBytes, request.Limits?.Processes, request.CpuShares),
        };
        // The marks of the attempt are for the engine's own processes, some of which leave its session.
        return request with
        {
            Arguments = made.Run(plan),
            Environment = [.. calls.Environment, .. request.Environment.Where(static variable => variable.Key is ProcessMarker.Task or ProcessMarker.Attempt)],
        };
    }

    /// <summary>
    /// Completes the end of a command whose engine's program has ended: says what the engine says, and removes the
    /// container if the engine has not.
    /// </summary>
    internal async Task<ProcessOutcome> EndAsync(RunningProcess process, ContainerRun run, ProcessOutcome outcome)
    {
        try
        {
            if (process.ProcessId == 0 || found is null) return outcome;
            var said = EngineFault.Of(engine ?? found, outcome, File.Exists(run.ProcessFile));
            if (said is { } fault)
            {
                if (fault.IsOfImage) Images.Forget(process.Request.Container!.Image);
                outcome = outcome with
                {
                    Reason = fault.IsOfImage ? ProcessEndReason.ImageUnavailable : ProcessEndReason.SpawnFailed, ExitCode = null,
                    Message = fault.IsOfImage
                        ? $"the image of the container cannot be had: {fault.Text}"
                        : $"cannot start '{process.Request.Arguments[0]}' in its container: {fault.Text}",
                };
            }
            else if (!run.IsRemovedAtEnd && outcome is { Reason: ProcessEndReason.Exit, ExitCode: not 0 } && await RanOutOfMemoryAsync(found, run, outcome).ConfigureAwait(false))
            {
                outcome = outcome with { Reason = ProcessEndReason.OutOfMemory };
            }

            // An engine that ended by itself has removed the container, unless something went wrong that it tells by its exit code.
            if (!run.IsRemovedAtEnd || process.IsStopped || outcome.ExitCode is not (>= 0 and < EngineFault.Lowest))
                _ = await calls.RunAsync(found.Remove([run.Name])).ConfigureAwait(false);
            return outcome;
        }
        finally
        {
            live.TryRemove(run.Name, out _);
            _ = FolderRemover.Remove(run.Folder.Path, out _);
        }
    }

    private async Task<bool> RanOutOfMemoryAsync(ContainerEngine made, ContainerRun run, ProcessOutcome outcome)
    {
        // With control groups of version 1 the engines do not notice it. Then nobody else kills a command here.
        if (!HasUnifiedGroups) return outcome.ExitCode == ExitBySigkill;
        return (await calls.RunAsync(made.RanOutOfMemory(run.Name)).ConfigureAwait(false)).Output.Trim() == "true";
    }

    private string NotFound => choice switch
    {
        EngineChoice.None => "the worker was started with --container-engine none",
        EngineChoice.Podman => "there is no program podman in its PATH",
        EngineChoice.Docker => "there is no program docker in its PATH",
        _ => "there is neither podman nor docker in its PATH",
    };

    /// <summary>Whether the reason for which this machine has no containers is worth a line in the log.</summary>
    internal bool IsAskedFor => found is not null || choice is EngineChoice.Podman or EngineChoice.Docker;

    private ContainerEngine? FindEngine()
    {
        if (choice == EngineChoice.None) return null;
        var isRoot = Libc.geteuid() == 0;
        foreach (var kind in (EngineKind[])[EngineKind.Podman, EngineKind.Docker])
        {
            if (choice != EngineChoice.Auto && choice != (kind == EngineKind.Podman ? EngineChoice.Podman : EngineChoice.Docker)) continue;
            var request = new StartRequest { Arguments = [kind == EngineKind.Podman ? "podman" : "docker"], Environment = calls.Environment };
            if (ProgramFinder.Find(request, "/", out _) is { } program) return new(kind, program, isRoot);
        }

        return null;
    }

    private async Task<string?> TryAsync(ContainerEngine tried, Func<ContainerRequest, IReadOnlyList<string>, Task<ProcessOutcome>> run)
    {
        try
        {
            await RemoveLeftAsync(tried).ConfigureAwait(false);
            if (await ContainerProof.MakeImageAsync(calls, tried).ConfigureAwait(false) is { } unmade) return unmade;
            engine = tried;
            var why = await ContainerProof.CheckAsync(tried, run, workRoot).ConfigureAwait(false);
            if (why is not null && tried.HasInit)
            {
                // The engine's first process is a program of its own, which may not be installed.
                engine = tried with { HasInit = false };
                if (await ContainerProof.CheckAsync(engine, run, workRoot).ConfigureAwait(false) is null) why = null;
            }

            if (why is not null) engine = null;
            return why;
        }
        catch (Exception failure) when (failure is ObjectDisposedException or IOException or UnauthorizedAccessException)
        {
            engine = null;
            return failure.Message;
        }
    }

    /// <summary>Removes the containers of this worker's folder that no attempt of this run has.</summary>
    private async Task RemoveLeftAsync(ContainerEngine tried)
    {
        var listed = await calls.RunAsync(tried.List(workRoot)).ConfigureAwait(false);
        var left = listed.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(name => !live.ContainsKey(name)).ToArray();
        if (left.Length > 0) _ = await calls.RunAsync(tried.Remove(left)).ConfigureAwait(false);
    }

    private List<ContainerPlanMount>? Mounts(RunningProcess process, ContainerRequest asked, string folder, out string? why)
    {
        List<ContainerPlanMount> mounts = [new(new(RealPath.Of(folder), folder, IsReadOnly: false), IsOwn: true)];
        if (process.ExchangeFolder is { } exchange) mounts.Add(new(new(RealPath.Of(exchange.Path), exchange.Path, IsReadOnly: false), IsOwn: true));
        foreach (var mount in asked.OwnMounts) mounts.Add(new(mount, IsOwn: false));
        foreach (var mount in asked.Mounts)
        {
            var real = RealPath.Find(mount.From);
            if (real is null || !allowed.Any(path => real == path || RealPath.IsBeneath(real, path)))
            {
                // As for sandboxes, it does not say whether a path that is not allowed exists.
                why = $"the worker does not allow '{mount.From}' in a container (--sandbox-allow)";
                return null;
            }

            mounts.Add(new(mount with { From = real }, IsOwn: false));
        }

        why = mounts.Find(static mount => mount.Path.From.AsSpan().ContainsAny(",\"\n") || mount.Path.To.AsSpan().ContainsAny(",\"\n")) is { Path.From: { } bad }
            ? $"container engines cannot mount '{bad}', because of a character in this path"
            : null;
        return why is null ? mounts : null;
    }

    private static (uint Uid, uint Gid)? OwnerOf(RunAsUser? user, ContainerEngine made) =>
        user is not null ? (user.Uid, user.Gid)
        : made is { Kind: EngineKind.Docker, IsRoot: false } ? (Libc.geteuid(), Libc.getegid())
        : null;

    /// <summary>Gives a command its folders where the engine does not.</summary>
    private static void GiveFolders(RunningProcess process, List<ContainerPlanMount> mounts)
    {
        if (process.User is not null || Libc.geteuid() != 0) return;
        foreach (var mount in mounts.Where(static mount => mount.IsOwn)) Sandbox.SandboxHost.Give(mount.Path.From);
    }

    [SuppressMessage("Interoperability", "CA1416", Justification = "Workers run on Linux.")]
    private static void WritePrivately(string path, byte[] content)
    {
        using var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        file.Write(content);
    }
}
