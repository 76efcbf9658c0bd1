using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using OrleansTasks.Worker.Files;
using OrleansTasks.Worker.Processes.Interop;
using OrleansTasks.Worker.Processes.Limits;
using OrleansTasks.Worker.Processes.Users;

namespace OrleansTasks.Worker.Processes.Containers;

/// <summary>
/// Runs commands in containers with the engine of this machine. The engine's program is the attempt's process: it
/// passes on the command's output, its exit code, and the signals that it receives.
/// </summary>
/// <remarks>
/// <code>
/// planned ──► the engine's program runs ──ended by itself──► over: the engine has removed the container
///                  │                    ──killed, or the engine is asked how it ended──► removed by name ──► over
///                  └── the worker died ──► removed at the worker's next start, by the label with its folder
/// </code>
/// </remarks>
internal sealed class ContainerHost
{
    private const int ExitBySigkill = 128 + 9;

    // How often the engine or its runtime is asked to remove containers, and the time before it is asked again, times
    // the tries.
    private const int MostRemovals = 4;
    private static readonly TimeSpan BetweenRemovals = TimeSpan.FromMilliseconds(250);

    // A container cannot have more processes than podman itself may have.
    private const long MostUserProcesses = 32_768;
    private static readonly long UserProcesses =
        Libc.HardLimit(Libc.RLIMIT_NPROC) is >= 0 and < MostUserProcesses and var limit ? limit : MostUserProcesses;

    private static readonly bool HasUnifiedGroups = File.Exists("/sys/fs/cgroup/cgroup.controllers");
    private static readonly bool HasMachineCpuSets = CgroupMounts.Has(CpuSets.Controller);
    private readonly ConcurrentDictionary<string, bool> live = new();
    private readonly IReadOnlyList<string> allowed;
    private readonly string workRoot;
    private readonly WorkFolders folders;
    private readonly EngineChoice choice;
    private readonly ContainerEngine? found;
    private readonly EngineCalls calls;
    private readonly Action<string, string> folderLeft;
    private readonly ContainerIds ids;
    private readonly Lock gate = new();
    private volatile ContainerEngine? engine;
    private volatile string? runtime;

    // Those that podman may use; null for all.
    private volatile string[]? controllers;
    private Task<string?>? proof;

    /// <param name="choice">Which engine to use.</param>
    /// <param name="allowed">The paths that commands may ask for, absolute and without links.</param>
    /// <param name="workRoot">The folder that holds the working folders.</param>
    /// <param name="folders">Creates the folders for the engine's files.</param>
    /// <param name="calls">Calls the engine.</param>
    /// <param name="folderLeft">Called with a folder of an earlier run that the engine cannot remove, and why.</param>
    /// <param name="isRoot">Whether the worker is root; null to ask the system.</param>
    internal ContainerHost(
        EngineChoice choice, IReadOnlyList<string> allowed, string workRoot, WorkFolders folders, EngineCalls calls,
        Action<string, string> folderLeft, bool? isRoot = null)
    {
        (this.choice, this.allowed, this.folders, this.calls) = (choice, allowed, folders, calls);
        this.folderLeft = folderLeft;
        this.workRoot = Path.GetFullPath(workRoot);
        ids = new(this.workRoot);
        found = FindEngine(isRoot ?? Libc.geteuid() == 0);
        Images = new(calls, () => engine);
    }

    /// <summary>The images that this machine has.</summary>
    internal ContainerImages Images { get; }

    /// <summary>Whether the users of containers have ids that no account of the machine has.</summary>
    internal bool MapsUsers => found is { MapsUsers: true };

    /// <summary>
    /// Whether the engine removes folders that this process may not remove: the podman of a worker that is not root. The
    /// proof then removes those that an earlier run left.
    /// </summary>
    internal bool RemovesFolders => found is { Kind: EngineKind.Podman, IsRoot: false };

    /// <summary>
    /// Whether the operator expects containers: the machine has an engine, or the operator named one. If they do not
    /// work then, the log says why.
    /// </summary>
    internal bool IsExpected => found is not null || choice is EngineChoice.Podman or EngineChoice.Docker;

    private string NotFound => choice switch
    {
        EngineChoice.None => "it was started with --container-engine none",
        EngineChoice.Podman => "podman is not in its PATH",
        EngineChoice.Docker => "docker is not in its PATH",
        _ => "neither podman nor docker is in its PATH",
    };

    /// <summary>
    /// Whether the engine limits the memory of its containers. An ordinary user's podman ignores such a limit unless the
    /// machine lets that user have control groups.
    /// </summary>
    internal bool LimitsMemory => Has("memory");

    /// <summary>
    /// Removes what an earlier run of this worker left, and runs a test container. Returns why this machine cannot run
    /// containers; null if it can. Only the first call does this; later calls return the same result. A machine without
    /// an engine takes no time.
    /// </summary>
    internal Task<string?> ProveAsync(Func<ContainerRequest, IReadOnlyList<string>, Task<ProcessOutcome>> run)
    {
        lock (gate)
        {
            return proof ??= found is null
                ? Task.FromResult<string?>(NotFound)
                : Task.Run(() => TryAsync(found, run));
        }
    }

    /// <summary>Keeps the container of a command that an earlier program of this process has started.</summary>
    internal void Adopt(ContainerRun run) => live[run.Name] = true;

    /// <summary>
    /// Writes the files of a command's container, and returns the request that runs it. If that is not possible, it
    /// returns null and says why.
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
            why = "this worker's container engine is docker, with which a task cannot choose its user; "
                + "leave out isolation.user, or use a worker with podman";
            return null;
        }

        if (made.Kind == EngineKind.Docker && request.Limits?.CpuTime is not null)
        {
            why = "this worker's container engine is docker, whose containers' processor time the worker does not see; "
                + "leave out limits.cpuTime, or use a worker with podman";
            return null;
        }

        if (request.Limits?.Processes is not null && !Has("pids"))
        {
            why = "this worker's container engine has no control groups with which it limits processes; "
                + "leave out limits.processes";
            return null;
        }

        // Runtimes undo the affinity that their program has inherited.
        if (request.Limits is { Cores.Count: > 0 } && !(HasMachineCpuSets && Has(CpuSets.Controller)))
        {
            why = "this worker's container engine has no control groups with which it holds processes on cores; "
                + "leave out resources.pin";
            return null;
        }

        if (Mounts(process, asked, folder, out why) is not { } mounts) return null;
        if (EnvironmentText.Of(request.Environment, out why) is not { } environment) return null;
        if (folders.Create(null, out var error) is not { } own)
        {
            why = $"cannot create a folder for its container: {Libc.Describe(error)}";
            return null;
        }

        var name = ContainerEngine.PrefixOf(workRoot) + RandomNumberGenerator.GetHexString(24, lowercase: true);
        // If the engine removed the container, it could not say afterwards whether memory ran out.
        var run = new ContainerRun(name, own, IsRemovedAtEnd: request.Limits?.MemoryBytes is null || !LimitsMemory);
        live[run.Name] = true;
        process.Container = run;
        WritePrivately(run.EnvironmentFile, environment);
        if (made.Kind == EngineKind.Docker) GiveFolders(process, mounts);
        var plan = new ContainerPlan
        {
            Name = run.Name,
            Worker = workRoot,
            Image = asked.Image,
            Arguments = request.Arguments,
            KeepsEntrypoint = asked.KeepsEntrypoint,
            Folder = asked.WorkingDirectory ?? folder,
            EnvironmentFile = run.EnvironmentFile,
            ProcessFile = run.ProcessFile,
            IdFile = ids.FileOf(run.Name),
            Mounts = mounts,
            Devices = [.. asked.Devices.Where(static name => File.Exists("/dev/" + name))],
            User = asked.User,
            Owner = OwnerOf(process.User, made),
            UsesHostNetwork = asked.UsesHostNetwork,
            HasInput = request.KeepsInputOpen || !request.Input.IsEmpty,
            IsRemovedAtEnd = run.IsRemovedAtEnd,
            Limits = new(
                request.Limits?.OpenFiles ?? Libc.HardLimit(Libc.RLIMIT_NOFILE), UserProcesses,
                LimitsMemory ? request.Limits?.MemoryBytes : null, request.Limits?.Processes,
                Has("cpu") ? request.Limits?.CpuShares : null,
                request.Limits is { Cores: { Count: > 0 } cores } ? CpuSets.TextOf(cores) : null),
        };
        // Some of the engine's own processes leave the session, so they carry the attempt's marks.
        return request with
        {
            Arguments = made.Run(plan),
            Environment =
            [
                .. calls.Environment,
                .. request.Environment.Where(static one => one.Key is ProcessMarker.Task or ProcessMarker.Attempt),
            ],
        };
    }

    /// <summary>Returns how a command ended whose engine's program has ended: with what the engine reports.</summary>
    internal async Task<ProcessOutcome> OutcomeAsync(RunningProcess process, ContainerRun run, ProcessOutcome outcome)
    {
        if (process.ProcessId == 0 || found is null) return outcome;
        if (EngineFault.Of(engine ?? found, outcome, File.Exists(run.ProcessFile)) is { } fault)
            return Unstarted(process.Request, outcome, fault);
        return !run.IsRemovedAtEnd && outcome is { Reason: ProcessEndReason.Exit, ExitCode: not 0 }
            && await RanOutOfMemoryAsync(found, run, outcome).ConfigureAwait(false)
            ? outcome with { Reason = ProcessEndReason.OutOfMemory }
            : outcome;
    }

    /// <summary>
    /// Removes the container of a command whose engine's program has ended with this outcome, if the engine has not, and
    /// the files that it had.
    /// </summary>
    /// <exception cref="IOException">The container is left. The worker removes it at its next start.</exception>
    internal async Task RemoveAsync(RunningProcess process, ContainerRun run, ProcessOutcome outcome)
    {
        try
        {
            // An engine that ended by itself has removed the container, unless its exit code may report a fault.
            var isGone = process.ProcessId == 0
                || (run.IsRemovedAtEnd && !process.IsStopped && outcome.ExitCode is >= 0 and < EngineFault.Lowest);
            if (!isGone && found is { } made
                && await RemoveWhollyAsync(made, run.Name).ConfigureAwait(false) is { } fault)
                throw new IOException($"{made.Name} could not remove it: {fault}");
            // If something is left, the next start needs the id: podman may no longer know the container.
            ids.Forget(run.Name);
        }
        finally
        {
            live.TryRemove(run.Name, out _);
            _ = FolderRemover.Remove(run.Folder.Path, out _);
        }
    }

    /// <summary>
    /// Removes a folder of a container that has ended, with the rights of all users that the container had: each may
    /// have files there that the folder's owner cannot remove. Returns false if something is left.
    /// </summary>
    internal async Task<bool> RemoveFolderAsync(string path)
    {
        if (found is { IsRoot: true }) return FolderRemover.RemoveAsRoot(path);
        return RemovesFolders && (await calls.RunLastAsync(found!.RemoveFolder(path)).ConfigureAwait(false)).IsDone;
    }

    /// <summary>
    /// Removes a container and what its runtime has of it. Returns why it could not; null if nothing is left.
    /// </summary>
    private async Task<string?> RemoveWhollyAsync(ContainerEngine made, string name)
    {
        var fault = await RemoveAsync(made, [name], line => calls.RunLastAsync(line)).ConfigureAwait(false);
        return ids.Read(name) is { } id && runtime is { } program
            ? await RemoveRestAsync(program, id, line => calls.RunLastAsync(line)).ConfigureAwait(false) ?? fault
            : fault;
    }

    /// <summary>
    /// Removes containers, and returns why it could not; null if none is left. podman fails to stop a container whose
    /// conmon was killed, and removes it when it is asked again.
    /// </summary>
    private static Task<string?> RemoveAsync(
        ContainerEngine engine, IReadOnlyList<string> names, Func<string[], Task<EngineAnswer>> call) =>
        // docker has no --ignore.
        UntilDoneAsync(() => call(engine.Remove(names)), engine.Kind == EngineKind.Docker ? "No such container" : null);

    /// <summary>
    /// Removes what podman, if it was killed, may not know that a container has. Returns why it could not; null if
    /// nothing is left.
    /// </summary>
    private static async Task<string?> RemoveRestAsync(
        string program, string id, Func<string[], Task<EngineAnswer>> call)
    {
        var fault = await UntilDoneAsync(() => call(ContainerEngine.RemoveOf(program, id)), "does not exist")
            .ConfigureAwait(false);
        await ContainerGroups.RemoveAsync(id).ConfigureAwait(false);
        ContainerMounts.Remove(id);
        return fault;
    }

    /// <summary>
    /// Makes a call until it succeeds or says that there is nothing to remove, a few times. Returns the last fault;
    /// null if it succeeded.
    /// </summary>
    private static async Task<string?> UntilDoneAsync(Func<Task<EngineAnswer>> call, string? nothing)
    {
        for (var tries = 1; ; tries++)
        {
            var answer = await call().ConfigureAwait(false);
            if (answer.IsDone) return null;
            if (nothing is not null && answer.Fault.Contains(nothing, StringComparison.Ordinal)) return null;
            if (tries == MostRemovals) return answer.Fault;
            await Task.Delay(tries * BetweenRemovals, TimeProvider.System).ConfigureAwait(false);
        }
    }

    private ProcessOutcome Unstarted(StartRequest request, ProcessOutcome outcome, EngineFault fault)
    {
        if (!fault.IsOfImage)
        {
            return outcome with
            {
                Reason = ProcessEndReason.SpawnFailed,
                ExitCode = null,
                Message = $"cannot start '{request.Arguments[0]}' in its container: {fault.Text}",
            };
        }

        Images.Forget(request.Container!.Image);
        return outcome with
        {
            Reason = ProcessEndReason.ImageUnavailable,
            ExitCode = null,
            Message = $"cannot find the image of the container: {fault.Text}",
        };
    }

    private async Task<bool> RanOutOfMemoryAsync(ContainerEngine made, ContainerRun run, ProcessOutcome outcome)
    {
        // With control groups of version 1, engines do not notice it, but nothing else here kills such a command.
        if (!HasUnifiedGroups) return outcome.ExitCode == ExitBySigkill;
        return (await calls.RunLastAsync(made.RanOutOfMemory(run.Name)).ConfigureAwait(false)).Output.Trim() == "true";
    }

    private ContainerEngine? FindEngine(bool isRoot)
    {
        EngineKind[] kinds = choice switch
        {
            EngineChoice.None => [],
            EngineChoice.Podman => [EngineKind.Podman],
            EngineChoice.Docker => [EngineKind.Docker],
            _ => [EngineKind.Podman, EngineKind.Docker],
        };
        foreach (var kind in kinds)
        {
            var request = new StartRequest { Arguments = [ContainerEngine.NameOf(kind)], Environment = calls.Environment };
            if (ProgramFinder.Find(request, "/", out _) is { } program)
                return new(kind, program, isRoot);
        }

        return null;
    }

    private async Task<string?> TryAsync(
        ContainerEngine tried, Func<ContainerRequest, IReadOnlyList<string>, Task<ProcessOutcome>> run)
    {
        try
        {
            if (tried.Kind == EngineKind.Podman)
                runtime = await RuntimeAsync(tried).ConfigureAwait(false);
            await RemoveLeftAsync(tried).ConfigureAwait(false);
            if (RemovesFolders)
                foreach (var (folder, _, _) in folders.Left)
                    if (await calls.RunAsync(tried.RemoveFolder(folder)).ConfigureAwait(false) is { IsDone: false } left)
                        folderLeft(folder, left.Fault);
            var why = await ContainerProof.MakeImageAsync(calls, tried).ConfigureAwait(false);
            if (why is not null) return why;
            engine = tried;
            why = await ContainerProof.CheckAsync(tried, run, workRoot).ConfigureAwait(false);
            if (why is not null) engine = null;
            return why;
        }
        catch (ObjectDisposedException)
        {
            engine = null;
            return ContainerImages.IsEnding;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            engine = null;
            return failure.Message;
        }
    }

    /// <summary>
    /// Removes the containers with the label of this worker's folder that no attempt of this run has.
    /// </summary>
    private async Task RemoveLeftAsync(ContainerEngine tried)
    {
        EndLeftEngines();
        var left = await ListedAsync(tried.List(workRoot)).ConfigureAwait(false);
        if (tried.Kind == EngineKind.Podman)
        {
            var stored = await ListedAsync(tried.ListStored()).ConfigureAwait(false);
            var prefix = ContainerEngine.PrefixOf(workRoot);
            left.AddRange(stored.Where(one => one.Name.StartsWith(prefix, StringComparison.Ordinal)));
        }

        foreach (var name in ids.Names())
            if (ids.Read(name) is { } id) left.Add((name, id));
            else if (!live.ContainsKey(name)) ids.Forget(name);
        left.RemoveAll(one => live.ContainsKey(one.Name));
        if (left.Count == 0) return;
        var fault = await RemoveAsync(
            tried, [.. left.Select(static one => one.Name).Distinct()], line => calls.RunAsync(line)).ConfigureAwait(false);
        if (runtime is not { } program) return;
        foreach (var (name, id) in left.Distinct())
        {
            var rest = await RemoveRestAsync(program, id, line => calls.RunAsync(line)).ConfigureAwait(false);
            if ((fault ?? rest) is null) ids.Forget(name);
        }
    }

    private async Task<List<(string Name, string Id)>> ListedAsync(string[] line)
    {
        var listed = await calls.RunAsync(line).ConfigureAwait(false);
        return
        [
            .. listed.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .Select(static one => one.Split(' ', 2)).Where(static one => one.Length == 2)
                .Select(static one => (one[0], one[1])),
        ];
    }

    /// <summary>
    /// Kills engine programs that an earlier run of this worker has started. One may not have made its container yet,
    /// and would then make it after all others were removed.
    /// </summary>
    private void EndLeftEngines()
    {
        var label = ContainerEngine.LabelOf(workRoot);
        foreach (var stat in ProcessTree.All())
        {
            try
            {
                var arguments = File.ReadAllText($"/proc/{stat.Pid}/cmdline").Split('\0');
                if (arguments.Contains(label) && !arguments.Any(one => live.ContainsKey(ContainerEngine.NameIn(one))))
                    ProcessTree.Signal(stat, Libc.SIGKILL);
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
            {
                // It has ended, or is another user's.
            }
        }
    }

    private async Task<string?> RuntimeAsync(ContainerEngine tried)
    {
        var answer = await calls.RunAsync(tried.FindRuntime()).ConfigureAwait(false);
        var lines = answer.Output.Split('\n', StringSplitOptions.TrimEntries);
        // Root has all that the machine has.
        if (!tried.IsRoot && answer.IsDone && lines is [_, ['[', .. var names, ']'], ..]) controllers = names.Split(' ');
        return answer.IsDone && lines[0].Length > 0 ? lines[0] : null;
    }

    private bool Has(string controller) => controllers is not { } found || found.Contains(controller);

    private List<ContainerPlanMount>? Mounts(
        RunningProcess process, ContainerRequest asked, string folder, out string? why)
    {
        List<ContainerPlanMount> mounts = [new(new(RealPath.Of(folder), folder, IsReadOnly: false), IsOwn: true)];
        if (process.ExchangeFolder is { } exchange)
            mounts.Add(new(new(RealPath.Of(exchange.Path), exchange.Path, IsReadOnly: false), IsOwn: true));
        foreach (var mount in asked.OwnMounts) mounts.Add(new(mount, IsOwn: false));
        foreach (var mount in asked.Mounts)
        {
            if (SandboxFolders.Find(allowed, mount.From) is not { } real)
            {
                why = $"the worker does not allow '{mount.From}' in a container (--sandbox-allow)";
                return null;
            }

            mounts.Add(new(mount with { From = real }, IsOwn: false));
        }

        why = mounts.SelectMany(static mount => (string[])[mount.Path.From, mount.Path.To])
            .FirstOrDefault(static path => path.AsSpan().ContainsAny(",\"\n")) is { } bad
            ? $"container engines cannot mount '{bad}': the path has a comma, a quotation mark or a line break"
            : null;
        return why is null ? mounts : null;
    }

    private static (uint Uid, uint Gid)? OwnerOf(RunAsUser? user, ContainerEngine made) =>
        user is not null ? (user.Uid, user.Gid)
        : made is { Kind: EngineKind.Docker, IsRoot: false } ? (Libc.geteuid(), Libc.getegid())
        : null;

    /// <summary>Gives a command its folders if the engine does not do so.</summary>
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
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        file.Write(content);
    }
}
