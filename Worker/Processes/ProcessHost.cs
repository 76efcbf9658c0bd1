using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansTasks.Worker.Handover;
using OrleansTasks.Worker.Processes.Containers;
using OrleansTasks.Worker.Processes.Interop;
using OrleansTasks.Worker.Processes.Limits;
using OrleansTasks.Worker.Processes.Sandbox;
using OrleansTasks.Worker.Processes.Users;

namespace OrleansTasks.Worker.Processes;

/// <summary>
/// Starts real commands, each in its own session with exactly the environment and descriptors it is meant to have, and
/// ensures that no descendant outlives its command.
/// </summary>
public sealed class ProcessHost : IProcessHost, IAsyncDisposable
{
    private static readonly TimeSpan ProofTimeout = TimeSpan.FromMinutes(1);
    private readonly ConcurrentQueue<RunningProcess?> starts = new();
    private readonly HostParts parts;
    private readonly SpawnLoop[] loops;
    private readonly Lock closeGate = new();
    private int startsEvent;
    private readonly List<RunningProcess> adoptedCommands = [];
    private volatile bool closing;

    /// <summary>Starts the threads.</summary>
    /// <param name="options">The working folder and the number of threads.</param>
    /// <param name="time">The source of timeouts and times of day.</param>
    /// <param name="logger">Logs what could not be cleaned up.</param>
    /// <exception cref="IOException">
    /// The system refuses a resource that the host needs; the message names it.
    /// </exception>
    public ProcessHost(ProcessHostOptions options, TimeProvider time, ILogger<ProcessHost>? logger = null)
        : this(options, time, logger, keptFolders: null)
    {
    }

    /// <summary>Starts the threads, and keeps the folders of commands that an earlier program has started.</summary>
    internal ProcessHost(ProcessHostOptions options, TimeProvider time, ILogger<ProcessHost>? logger, IReadOnlySet<string>? keptFolders)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (keptFolders is not null) TreeKeeper.BeginAdoption();
        ArgumentException.ThrowIfNullOrEmpty(options.WorkFolderRoot);
        // 0x12 is 022, and 0x17 is 027.
        _ = Libc.umask((uint)(options.Umask ?? (options.RunAs is null ? 0x12 : 0x17)));
        var folders = new WorkFolders(options.WorkFolderRoot, options.RunAs?.Range is null, keptFolders);
        var containers = new ContainerHost(
            options.ContainerEngine, options.SandboxAllow, options.WorkFolderRoot, folders, new(Start, StartLast),
            (folder, reason) => parts!.FolderLeft(folder, reason));
        parts = new(
            time, options.RunAs, folders, new LimitEnforcer(time, options.UseControlGroups, options.UnifiedGroup),
            new SandboxHost(options.SandboxAllow, options.WorkFolderRoot, options.RunAs), containers,
            logger ?? NullLogger<ProcessHost>.Instance);
        parts.HandleLeftFolders();
        startsEvent = Libc.eventfd(0, Libc.EFD_CLOEXEC | Libc.EFD_NONBLOCK | Libc.EFD_SEMAPHORE);
        if (startsEvent < 0) throw new IOException($"cannot create an eventfd: {Libc.Describe(Libc.LastError)}");
        loops = new SpawnLoop[options.SpawnThreads];
        for (var i = 0; i < loops.Length; i++) loops[i] = new(starts, startsEvent, parts);
    }

    /// <summary>
    /// The limits that this machine enforces, by the names of the task's fields: memoryBytes, cpuTime, processes,
    /// openFiles.
    /// </summary>
    public IReadOnlyList<string> EnforcedLimits => parts.Limits.Enforced;

    /// <summary>
    /// How this machine can isolate commands, as bits of the worker plane: 1 in a sandbox, 4 in one that reaches listed
    /// hosts. The first call tries it, which takes a few milliseconds, and logs why it cannot.
    /// </summary>
    public uint Isolates
    {
        get
        {
            if (parts.Sandboxes.Refusal is { } why)
            {
                parts.NoSandbox(why);
                return 0;
            }
            if (parts.Sandboxes.ForwardingRefusal is not { } missing) return 1 | 4;
            parts.NoForwarding(missing);
            return 1;
        }
    }

    /// <summary>
    /// Tests whether this machine can run commands in containers. Returns why it cannot; null if it can. The first call
    /// also removes the containers that an earlier run left. It may take seconds if the machine has an engine.
    /// </summary>
    public async Task<string?> ProveContainersAsync()
    {
        var why = await parts.Containers.ProveAsync(RunProofAsync).ConfigureAwait(false);
        if (why is not null && parts.Containers.IsExpected && !closing) parts.NoContainers(why);
        return why;
    }

    /// <inheritdoc/>
    public bool HasImage(string image, PullPolicy pull) => parts.Containers.Images.Has(image, pull);

    /// <inheritdoc/>
    public async Task<string?> PrepareImageAsync(string image, PullPolicy pull, CancellationToken cancellation)
    {
        // An earlier program of this process may have accepted the command; this program may not know its engine yet.
        await ProveContainersAsync().ConfigureAwait(false);
        return await parts.Containers.Images.PrepareAsync(image, pull, cancellation).ConfigureAwait(false);
    }

    /// <summary>Why this machine cannot run commands in a sandbox; null if it can. The first call tries it.</summary>
    internal string? SandboxRefusal => parts.Sandboxes.Refusal;

    /// <inheritdoc/>
    public bool IsEnding => closing || TreeKeeper.Shared.IsShut;

    /// <inheritdoc/>
    public IRunningProcess Start(StartRequest request)
    {
        StartRequestCheck.Check(request);
        var process = new RunningProcess(request, parts);
        // Under the gate, so that DisposeAsync sees every process that was accepted before it.
        lock (closeGate)
        {
            ObjectDisposedException.ThrowIf(closing, this);
            parts.Running[process] = true;
            if (SpawnLoop.Current?.TryStartNext(process, loops) == true) return process;
            starts.Enqueue(process);
        }
        Descriptors.Wake(startsEvent);
        return process;
    }

    /// <summary>
    /// Starts a command of the worker that the completion of another command waits for. While the host closes, it waits
    /// for that completion, so such commands still start.
    /// </summary>
    private RunningProcess StartLast(StartRequest request)
    {
        var process = new RunningProcess(request, parts);
        parts.Running[process] = true;
        starts.Enqueue(process);
        Descriptors.Wake(startsEvent);
        return process;
    }

    private Task<ProcessOutcome> RunProofAsync(ContainerRequest container, IReadOnlyList<string> arguments) =>
        Start(new StartRequest { Arguments = arguments, Container = container, Timeout = ProofTimeout }).Completion;

    /// <summary>
    /// Holds the host still, so that another program can take over its commands. Returns null if that is not possible
    /// within the limit.
    /// </summary>
    internal HostFreeze? TryFreeze(TimeSpan limit) => HostFreeze.TryTake(loops, parts, limit);

    /// <summary>
    /// Takes over a command that an earlier program of this process has started. Called before anything else starts.
    /// </summary>
    /// <param name="request">The request that it was started with.</param>
    /// <param name="record">What that program wrote.</param>
    /// <param name="age">How long ago it was written.</param>
    internal IRunningProcess Adopt(StartRequest request, ProcessRecord record, TimeSpan age)
    {
        var process = new RunningProcess(request, parts);
        process.Adopt(record, age);
        parts.Running[process] = true;
        adoptedCommands.Add(process);
        return process;
    }

    /// <summary>Begins to follow the adopted commands, once all of them are known.</summary>
    /// <param name="tagsUsed">How many tags the earlier program had used.</param>
    /// <param name="doomedTags">The tags of processes that it killed.</param>
    /// <param name="pipes">Returns the read ends of a command's output.</param>
    internal void FollowAdopted(int tagsUsed, IEnumerable<int> doomedTags, Func<IRunningProcess, (int Output, int Error)> pipes)
    {
        TreeKeeper.Shared.Tags.Restore(tagsUsed, adoptedCommands, doomedTags);
        // All are known before the first is followed, since an orphan is killed if it belongs to none.
        foreach (var process in adoptedCommands) TreeKeeper.Shared.Adopt(process);
        TreeKeeper.EndAdoption();
        var turn = 0;
        foreach (var process in adoptedCommands)
        {
            if (!process.IsRunning) continue;
            var (output, error) = pipes(process);
            loops[turn++ % loops.Length].Adopt(process, new SpawnedPipes { Input = -1, Output = output, Error = error });
        }
        adoptedCommands.Clear();
    }

    /// <summary>Kills everything that runs, waits until it is dead, and ends the threads.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (closeGate)
        {
            if (closing) return;
            closing = true;
        }
        foreach (var (process, _) in parts.Running) process.KillNow();
        foreach (var (process, _) in parts.Running) await process.Completion;
        // A null ends one loop.
        foreach (var _ in loops)
        {
            starts.Enqueue(null);
            Descriptors.Wake(startsEvent);
        }
        foreach (var loop in loops) loop.Dispose();
        while (starts.TryDequeue(out var late)) late?.FailToStart(null);
        parts.Folders.Dispose();
        parts.Limits.Dispose();
        parts.Sandboxes.Dispose();
        Descriptors.Close(ref startsEvent);
    }
}

/// <summary>What all attempts of one host share.</summary>
internal sealed partial class HostParts(
    TimeProvider time, RunAsUser? user, WorkFolders folders, LimitEnforcer limits, SandboxHost sandboxes,
    ContainerHost containers, ILogger logger)
{
    private readonly TaskUsers? users = user?.Range is { } range ? new(range, ProcessUser.HasAny, number => FoundTaken(logger, number)) : null;
    private bool isShort;

    /// <summary>The log of this host.</summary>
    internal ILogger Logger => logger;

    /// <summary>The source of timeouts and times of day.</summary>
    internal TimeProvider Time { get; } = time;

    /// <summary>The user that commands run as, unless each has its own; null for this process's own user.</summary>
    internal RunAsUser? User { get; } = user;

    /// <summary>The fresh folders that attempts start in.</summary>
    internal WorkFolders Folders { get; } = folders;

    /// <summary>Enforces the attempts' limits.</summary>
    internal LimitEnforcer Limits { get; } = limits;

    /// <summary>Builds sandboxes.</summary>
    internal SandboxHost Sandboxes { get; } = sandboxes;

    /// <summary>Runs commands in containers.</summary>
    internal ContainerHost Containers { get; } = containers;

    /// <summary>The attempts that have not completed. The values are unused.</summary>
    internal ConcurrentDictionary<RunningProcess, bool> Running { get; } = new();

    /// <summary>
    /// Chooses the user that a command runs as. Returns why it cannot run now; null if a user was found.
    /// </summary>
    internal string? GiveUser(RunningProcess process)
    {
        // An engine that maps users runs as the worker does, and gives the container users of its own.
        var runsAsWorker = process.Request.IsOfWorker
            || (process.Request.Container is not null && Containers.MapsUsers);
        if (users is null || runsAsWorker)
        {
            process.User = runsAsWorker ? null : User;
            return null;
        }
        process.User = users.TryTake();
        if (process.User is not null)
        {
            isShort = false;
            return null;
        }
        var why = $"no number of --run-as-range is free: {users.Shortage}";
        // Log this once, not for every command that arrives until a number is free.
        if (!Interlocked.Exchange(ref isShort, true)) UsersShort(why);
        return why;
    }

    /// <summary>Gives an adopted command the user that it runs as.</summary>
    /// <param name="process">The command.</param>
    /// <param name="number">The number that it has to itself; null if it has none.</param>
    internal void AdoptUser(RunningProcess process, uint? number) =>
        process.User = number is { } own ? users?.TryAdopt(own) : User;

    /// <summary>Takes back the user that a command had to itself, once nothing of its tree is left.</summary>
    /// <param name="process">The command that ended.</param>
    /// <param name="folder">Its working folder, if that could not be removed.</param>
    internal void TakeUserBack(RunningProcess process, string? folder)
    {
        if (process.User is not { IsOfOneTask: true } own) return;
        if (users!.GiveBack(own.Uid, folder) is { } reason) UserSetAside(own.Uid, reason);
    }

    /// <summary>
    /// Handles the folders that could not be removed at the start. Removes those that belong to users of containers.
    /// Sets aside the user numbers of the others, unless the folders can be sealed.
    /// </summary>
    internal void HandleLeftFolders()
    {
        // The proof of containers does, and says what is left. A worker that is not root has no user numbers to set aside.
        if (Containers.RemovesFolders) return;
        foreach (var (folder, reason, owner) in Folders.Left)
        {
            if (ContainerEngine.HasUser(owner) && FolderRemover.RemoveAsRoot(folder)) continue;
            FolderLeft(folder, reason);
            if (users is not null && !FolderRemover.Seal(folder)) users.SetAside(owner, folder);
        }
    }
}
