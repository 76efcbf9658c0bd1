using OrleansTasks.Worker.Files;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes;

/// <summary>
/// Starts one command on its own thread, because the command's folder or program may be on a file system that does not
/// respond, because entering its control groups may take the kernel 20 ms, or because inputs are copied into its folder.
/// The loop continues with all other commands, and this one can still be stopped.
/// </summary>
/// <remarks>
/// <code>
/// putting ──► looking ──found──► spawning ──► over     putting:   this thread copies the inputs; a stop ends the copying
///    │           └─────stopped──► abandoned           looking:   this thread accesses the file system; a stop ends the attempt at once
///    └──stopped, or it failed──► over                 spawning:  a child enters the folder and the program; a stop kills the child
/// </code>
/// The thread of an abandoned start ends when its file system responds.
/// </remarks>
internal sealed class SlowStart(RunningProcess process, string folder, SpawnLoop loop, HostParts parts)
{
    // Abandoned threads are never killed, so their number is bounded.
    private const int MostAbandoned = 64;
    private const int StackSize = 256 * 1024;
    private static readonly TimeSpan KillPeriod = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// The folders of the system's own programs. If their file system does not respond, the worker cannot run anyway.
    /// </summary>
    private static readonly string[] SystemFolders = ["/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin"];

    private static int abandoned;
    private readonly Lock gate = new();
    private Phase phase = process.Request.Files is { HasInputs: true } ? Phase.Putting : Phase.Looking;
    private bool isPutStopped;
    private int thread;
    private ITimer? killTimer;

    private enum Phase
    {
        Putting,
        Looking,
        Spawning,
        Over,
        Abandoned,
    }

    /// <summary>The command that is being started.</summary>
    internal RunningProcess Process => process;

    /// <summary>
    /// Held while the command is spawned, until its session is known. If the file system hangs, it may never be
    /// released.
    /// </summary>
    internal Lock StartGate { get; } = new();

    /// <summary>Whether a start may have to wait.</summary>
    internal static bool IsNeededFor(StartRequest request) =>
        request.Sandbox is not null || request.Container is not null || request.Files is { HasInputs: true }
        || request.Limits is { MemoryBytes: not null } or { CpuTime: not null } or { Processes: not null } || MayHang(request);

    /// <summary>Whether a start may have to wait for a file system that the worker does not otherwise need.</summary>
    private static bool MayHang(StartRequest request)
    {
        if (request.WorkingDirectory is not null || GivenPaths(request).Any()) return true;
        var program = request.Arguments[0];
        if (program.Contains('/')) return !IsSystem(Path.GetDirectoryName(program));
        return ProgramFinder.PathOf(request) is { } path && !Array.TrueForAll(path.Split(':'), IsSystem);
    }

    /// <summary>The paths of the machine that a sandbox or a container is given besides its own folders.</summary>
    private static IEnumerable<string> GivenPaths(StartRequest request) =>
        request.Sandbox is { } sandbox ? sandbox.Read.Concat(sandbox.Write)
        : request.Container?.Mounts.Select(static mount => mount.From) ?? [];

    /// <summary>Begins the start. The loop adopts the command once it runs.</summary>
    internal void Begin()
    {
        if (Volatile.Read(ref abandoned) >= MostAbandoned && MayHang(process.Request))
            process.FailToStart($"{MostAbandoned} commands hang in file systems that do not respond; the worker starts no more there");
        else if (!process.TryBegin(this)) process.FailToStart(null);
        else BeginThread();
    }

    private void BeginThread()
    {
        try
        {
            new Thread(Run, StackSize) { IsBackground = true, Name = "task-start" }.Start();
        }
        catch (OutOfMemoryException)
        {
            // The runtime throws this if the system refuses it a thread, or a file that the thread needs. This thread
            // serves all commands and must live.
            if (TryFinish()) process.FailToStart("the system gives the worker no more threads or open files");
        }
    }

    /// <summary>Stops the start. May be called from any thread; does not wait.</summary>
    internal void Stop()
    {
        lock (gate)
        {
            if (phase == Phase.Putting)
            {
                // The folder cannot be removed while files come into it, so the thread ends the attempt.
                isPutStopped = true;
                process.Request.Files?.Stop();
            }
            if (phase == Phase.Spawning)
                // The child may not exist yet, so this repeats until the start is over.
                killTimer ??= parts.Time.CreateTimer(static start => ((SlowStart)start!).KillChild(), this, TimeSpan.Zero, KillPeriod);
            if (phase != Phase.Looking) return;
            phase = Phase.Abandoned;
            Interlocked.Increment(ref abandoned);
        }
        process.FailToStart(null);
    }

    private static bool IsSystem(string? folder) => Array.IndexOf(SystemFolders, folder) >= 0;

    /// <summary>Puts the inputs into the folder. Returns false if the attempt has ended.</summary>
    private bool TryPut(AttemptFiles files)
    {
        string? fault = null;
        try
        {
            fault = files.PutInto(folder, process.User);
        }
        catch (OperationCanceledException)
        {
            // It was stopped.
        }
        catch (Exception failed)
        {
            // As below.
            fault = failed.Message;
        }
        bool goesOn;
        lock (gate)
        {
            goesOn = fault is null && !isPutStopped;
            phase = goesOn ? Phase.Looking : Phase.Over;
            if (isPutStopped) fault = null;
        }
        if (goesOn) process.NoteInputs();
        else process.FailToPut(fault);
        return goesOn;
    }

    private void Run()
    {
        if (process.Request.Files is { HasInputs: true } files && !TryPut(files)) return;
        string? failure;
        string? program = null;
        var request = process.Request;
        Spawner? spawner = null;
        try
        {
            // Taken first: it needs a descriptor, and there may be none left.
            spawner = new();
            failure = Look(out program);
            if (!TryGoOn())
            {
                spawner.Dispose();
                Interlocked.Decrement(ref abandoned);
                return;
            }
            failure ??= CommandWrap.Apply(process, parts, folder, ref request);
        }
        catch (Exception failed)
        {
            // It fails this command alone: an exception that leaves a thread ends the worker with all its tasks.
            failure = $"cannot start '{request.Arguments[0]}': {failed.Message}";
        }
        using (spawner)
        {
            // If the arguments were wrapped, another program starts first and has yet to be found.
            if (failure is null) Spawn(spawner!, request, ReferenceEquals(request.Arguments, process.Request.Arguments) ? program : null);
            else if (TryFinish()) process.FailToStart(failure);
        }
    }

    /// <summary>Accesses all that the start needs. If the file system hangs, it hangs here, where the attempt can still be abandoned.</summary>
    private string? Look(out string? program)
    {
        // The checks use the user's rights, which include the groups of the calling thread.
        if (process.User is { } user) _ = Libc.SetThreadGroups([.. user.Groups]);
        var request = process.Request;
        // The answers do not matter.
        _ = Libc.access(folder, Libc.X_OK);
        foreach (var path in GivenPaths(request)) _ = RealPath.Find(path);
        program = null;
        if (request.Sandbox is not null || request.Container is not null) return null;
        var failure = CommandWrap.Check(request, folder, process.User);
        program = ProgramFinder.Find(request, folder, out var error);
        if (program is null) return failure ?? SpawnFailure.Of(request, folder, error);
        _ = Libc.access(Path.Combine(folder, program), Libc.X_OK);
        return failure;
    }

    private bool TryGoOn()
    {
        lock (gate)
        {
            if (phase == Phase.Abandoned) return false;
            phase = Phase.Spawning;
            thread = Libc.ThreadId();
            return true;
        }
    }

    private void Spawn(Spawner spawner, StartRequest request, string? program)
    {
        var keeper = TreeKeeper.Shared;
        string? failure = null;
        var pipes = SpawnedPipes.None;
        bool isShut;
        keeper.Add(this);
        EnterThawed(keeper);
        try
        {
            keeper.Tags.Put(process);
            var pid = 0;
            // Checked under the gate: KillEverything first shuts the keeper and then waits for the gate.
            isShut = keeper.IsShut || process.IsStopped;
            if (!isShut) failure = spawner.Start(process, request, folder, out pipes, out pid, program);
            // A stop that arrives from here on is carried out by Begin, which keeper.Add calls.
            _ = TryFinish();
            if (failure is null && !isShut) keeper.Add(process, pid);
            else keeper.Tags.Release(process);
        }
        finally
        {
            StartGate.Exit();
        }
        keeper.Remove(this);
        // Gives the attempt the reason Killed, unless it has another.
        if (isShut) process.KillNow();
        if (failure is null && !isShut) loop.Adopt(process, pipes, Thread.CurrentThread);
        else process.FailToStart(process.IsStopped ? null : failure);
    }

    /// <summary>Enters the gate at a time at which commands may start.</summary>
    private void EnterThawed(TreeKeeper keeper)
    {
        while (true)
        {
            keeper.AwaitThaw();
            StartGate.Enter();
            if (!keeper.IsFrozen) return;
            StartGate.Exit();
        }
    }

    /// <summary>Ends the start. Returns false if the attempt was abandoned, and has therefore ended already.</summary>
    private bool TryFinish()
    {
        lock (gate)
        {
            killTimer?.Dispose();
            if (phase == Phase.Abandoned) Interlocked.Decrement(ref abandoned);
            else phase = Phase.Over;
            return phase == Phase.Over;
        }
    }

    private void KillChild()
    {
        lock (gate)
        {
            if (phase != Phase.Spawning) return;
            // The only children of this thread are the one that it spawns and that child's siblings.
            using var children = new OrphanList(thread);
            foreach (var child in children.Read()) _ = Libc.kill(child, Libc.SIGKILL);
        }
    }
}
