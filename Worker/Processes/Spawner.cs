using System.Runtime.InteropServices;
using System.Text;
using OrleansTasks.Worker.Processes.Interop;
using OrleansTasks.Worker.Processes.Sandbox;

namespace OrleansTasks.Worker.Processes;

/// <summary>Starts commands with posix_spawn(3), for one thread.</summary>
internal sealed unsafe class Spawner : IDisposable
{
    private static readonly bool ClosesRest = NativeLibrary.TryGetExport(
        NativeLibrary.GetMainProgramHandle(), "posix_spawn_file_actions_addclosefrom_np", out _);

    private readonly SpawnBlock block = new();
    private readonly byte* attributes = (byte*)NativeMemory.AllocZeroed(Libc.OpaqueSize);
    private readonly byte* actions = (byte*)NativeMemory.AllocZeroed(Libc.OpaqueSize);
    private static volatile bool hasJoinedKeyring;
    private int nullDevice;

    /// <summary>
    /// Prepares what all starts share: a session of their own, default signal handlers, and no blocked signals.
    /// </summary>
    internal Spawner()
    {
        var signals = stackalloc byte[Libc.OpaqueSize];
        _ = Libc.posix_spawnattr_init(attributes);
        _ = Libc.posix_spawnattr_setflags(attributes,
            Libc.POSIX_SPAWN_SETSID | Libc.POSIX_SPAWN_SETSIGDEF | Libc.POSIX_SPAWN_SETSIGMASK);
        _ = Libc.sigfillset(signals);
        _ = Libc.posix_spawnattr_setsigdefault(attributes, signals);
        _ = Libc.sigemptyset(signals);
        _ = Libc.posix_spawnattr_setsigmask(attributes, signals);
        nullDevice = Libc.open("/dev/null", Libc.O_RDONLY | Libc.O_CLOEXEC);
        if (nullDevice >= 0) return;
        var error = Libc.LastError;
        Dispose();
        throw new IOException($"cannot open /dev/null: {Libc.Describe(error)}");
    }

    /// <summary>Starts a command.</summary>
    /// <param name="process">The command's user and limits.</param>
    /// <param name="request">What to start for it.</param>
    /// <param name="folder">The folder to start it in.</param>
    /// <param name="pipes">Receives the worker's ends of the command's streams.</param>
    /// <param name="pid">Receives the command's process id.</param>
    /// <param name="program">The program's path, if it has already been found.</param>
    /// <returns>Null if the command runs; otherwise why it does not.</returns>
    internal string? Start(
        RunningProcess process, StartRequest request, string folder, out SpawnedPipes pipes, out int pid, string? program = null)
    {
        // A message names the program that was asked for, not one that starts it.
        var asked = process.Request;
        var (user, limit) = (process.User, process.Limit);
        pid = 0;
        pipes = SpawnedPipes.None;
        var error = 0;
        using var sandbox = process.Sandbox is null ? null : SandboxStart.Prepare(process.Sandboxes, process.Sandboxes.Script(process.Sandbox), out error);
        if (error != 0) return $"cannot prepare the sandbox of '{asked.Arguments[0]}': {Libc.Describe(error)}";
        if (sandbox is not null) (program, folder) = (sandbox.Program, "/");
        program ??= ProgramFinder.Find(request, folder, out error);
        if (program is null) return SpawnFailure.Of(asked, folder, error);
        if (user is { IsOfOneTask: true } && !LeaveKeyring())
            return $"cannot create a session keyring for '{asked.Arguments[0]}': {Libc.Describe(Libc.LastError)}";
        var theirs = SpawnedPipes.None;
        error = SpawnedPipes.Open(request, nullDevice, out pipes, out theirs);
        if (error != 0) return $"cannot prepare the streams of '{asked.Arguments[0]}': {Libc.Describe(error)}";
        // A command that opens /dev/stdout opens the pipe again, which requires owning it.
        if (process.Sandbox?.User is { } inner) theirs.GiveTo(inner.Uid, inner.Gid);
        else if (user is not null) theirs.GiveTo(user.Uid, user.Gid);
        var start = new Prepared(request, program, folder, sandbox);
        string? unlimited = null;
        if (limit is null) error = Spawn(start, theirs, null, out pid);
        else unlimited = SpawnLimited(start, theirs, limit, out error, out pid);
        if (theirs.Input == nullDevice) theirs.Input = -1;
        theirs.Close();
        var unsandboxed = unlimited is null && error == 0 ? sandbox?.Await(asked.Arguments[0]) : null;
        if (unlimited is null && error == 0 && unsandboxed is null)
        {
            if (sandbox is not null) process.Forward(sandbox.TakeListener());
            return null;
        }
        pipes.Close();
        if (unsandboxed is not null)
        {
            Libc.Reap(pid);
            return unsandboxed;
        }
        process.LimitedTree?.NoteFailedStart(error);
        return unlimited is null
            ? SpawnFailure.Of(asked, folder, error)
            : $"cannot limit '{asked.Arguments[0]}': {unlimited}";
    }

    /// <summary>Starts a command within limits. Returns why they cannot be set, or null.</summary>
    private string? SpawnLimited(in Prepared start, in SpawnedPipes theirs, Func<int, string?> limit, out int error, out int pid)
    {
        pid = 0;
        using var held = HeldStart.Prepare(limit, theirs.Output, out error);
        if (held is null) return $"cannot hold its start: {Libc.Describe(error)}";
        error = Spawn(start, theirs, held, out pid);
        if (held.End() is not { } unlimited) return null;
        // It was killed while it was held, since it would have failed otherwise.
        if (error == 0) Libc.Reap(pid);
        return unlimited;
    }

    /// <summary>
    /// Gives this thread a new session keyring, because the present one is shared with every process that inherits it,
    /// whatever its user. Returns false if the thread would keep an earlier command's keyring.
    /// Where the system has no keyrings, there is nothing to leave.
    /// </summary>
    private static bool LeaveKeyring()
    {
        if (!Libc.JoinNewSessionKeyring()) return !hasJoinedKeyring;
        hasJoinedKeyring = true;
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Descriptors.Close(ref nullDevice);
        NativeMemory.Free(attributes);
        NativeMemory.Free(actions);
        block.Dispose();
    }

    private int Spawn(in Prepared start, in SpawnedPipes theirs, HeldStart? held, out int pid)
    {
        block.Fill(start.Program, start.Folder, start.Request);
        _ = Libc.posix_spawn_file_actions_init(actions);
        _ = Libc.posix_spawn_file_actions_adddup2(actions, theirs.Output, 1);
        _ = Libc.posix_spawn_file_actions_adddup2(actions, theirs.Error, 2);
        held?.AddTo(actions);
        _ = Libc.posix_spawn_file_actions_adddup2(actions, theirs.Input, 0);
        _ = Libc.posix_spawn_file_actions_addchdir_np(actions, block.Folder);
        // All descriptors here are opened close-on-exec; this covers libraries that forget to do so.
        // A sandbox closes them itself, since its program and its script are such descriptors.
        if (start.Sandbox is not null) start.Sandbox.AddTo(actions);
        else if (ClosesRest) _ = Libc.posix_spawn_file_actions_addclosefrom_np(actions, 3);
        int started;
        var error = Libc.posix_spawn(&started, block.Path, actions, attributes, block.Arguments, block.Environment);
        _ = Libc.posix_spawn_file_actions_destroy(actions);
        pid = started;
        return error;
    }

    private readonly record struct Prepared(StartRequest Request, string Program, string Folder, SandboxStart? Sandbox);
}

/// <summary>
/// The strings of one start in native memory, in the form that the C library expects: NUL-terminated UTF-8 and
/// NULL-terminated lists. A thread reuses its block for all starts, so that a start allocates nothing.
/// </summary>
internal sealed unsafe class SpawnBlock : IDisposable
{
    private const nuint KeptSize = 256 * 1024;
    private byte* memory;
    private nuint size;
    private nuint used;

    /// <summary>The program's path.</summary>
    internal byte* Path { get; private set; }

    /// <summary>The folder to start in.</summary>
    internal byte* Folder { get; private set; }

    /// <summary>The arguments.</summary>
    internal byte** Arguments { get; private set; }

    /// <summary>The environment, as NAME=value.</summary>
    internal byte** Environment { get; private set; }

    /// <summary>Lays out all strings of a start and overwrites those of the previous one.</summary>
    internal void Fill(string path, string folder, StartRequest request)
    {
        var pointers = (nuint)(request.Arguments.Count + request.Environment.Count + 2) * (nuint)sizeof(byte*);
        Reserve(pointers + Texts(path, folder, request));
        Arguments = (byte**)memory;
        Environment = Arguments + request.Arguments.Count + 1;
        used = pointers;
        Path = Put(path);
        Folder = Put(folder);
        var at = Arguments;
        foreach (var argument in request.Arguments) *at++ = Put(argument);
        *at = null;
        at = Environment;
        foreach (var (name, value) in request.Environment)
        {
            *at++ = Put(name);
            memory[used - 1] = (byte)'='; // In place of the NUL after the name.
            Put(value);
        }
        *at = null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.Free(memory);
        memory = null;
        size = 0;
    }

    private static nuint Texts(string path, string folder, StartRequest request)
    {
        var total = Longest(path) + Longest(folder);
        foreach (var argument in request.Arguments) total += Longest(argument);
        foreach (var (name, value) in request.Environment) total += Longest(name) + Longest(value);
        return total;
    }

    private static nuint Longest(string text) => (nuint)Encoding.UTF8.GetMaxByteCount(text.Length) + 1;

    private void Reserve(nuint bytes)
    {
        // A block that a very large start needed is shrunk by the next start of usual size.
        if (bytes <= size && (size <= KeptSize || bytes > KeptSize)) return;
        NativeMemory.Free(memory);
        size = Math.Max(bytes, 16 * 1024);
        memory = (byte*)NativeMemory.Alloc(size);
    }

    private byte* Put(string text)
    {
        var start = memory + used;
        used += (nuint)Encoding.UTF8.GetBytes(text, new Span<byte>(start, (int)(size - used)));
        memory[used++] = 0;
        return start;
    }
}

/// <summary>One side's ends of a command's three streams; a negative descriptor means none.</summary>
internal unsafe struct SpawnedPipes
{
    private const int InputRoom = 256 * 1024;

    /// <summary>No streams.</summary>
    internal static SpawnedPipes None => new() { Input = -1, Output = -1, Error = -1 };

    /// <summary>Standard input: the read end on the command's side, the write end on the worker's.</summary>
    internal int Input;

    /// <summary>Standard output.</summary>
    internal int Output;

    /// <summary>Standard error.</summary>
    internal int Error;

    /// <summary>Opens the streams that a request needs. Returns 0, or an error number if nothing is open.</summary>
    internal static int Open(StartRequest request, int nothing, out SpawnedPipes ours, out SpawnedPipes theirs)
    {
        (ours, theirs) = (None, None);
        if (Pipe(out ours.Output, out theirs.Output) && Pipe(out ours.Error, out theirs.Error) &&
            OpenInput(request, nothing, ref ours, ref theirs)) return 0;
        var error = Libc.LastError;
        ours.Close();
        theirs.Close();
        return error;
    }

    /// <summary>
    /// Makes a user the owner of the output pipes. Standard input may be a shared device and keeps its owner.
    /// </summary>
    internal readonly void GiveTo(uint user, uint group)
    {
        _ = Libc.fchown(Output, user, group);
        _ = Libc.fchown(Error, user, group);
    }

    /// <summary>Closes all streams.</summary>
    internal void Close()
    {
        Descriptors.Close(ref Input);
        Descriptors.Close(ref Output);
        Descriptors.Close(ref Error);
    }

    private static bool OpenInput(StartRequest request, int nothing, ref SpawnedPipes ours, ref SpawnedPipes theirs)
    {
        if (!request.KeepsInputOpen)
        {
            theirs.Input = request.Input.IsEmpty ? nothing : InputFile.Open(request.Input.Span);
            return theirs.Input >= 0;
        }
        // Each end of a pipe has its own flags, so the command's end stays blocking.
        if (!Pipe(out theirs.Input, out ours.Input) || Libc.fcntl(ours.Input, Libc.F_SETFL, Libc.O_NONBLOCK) != 0) return false;
        // Room for several milliseconds of a fast command's input. If the system refuses, the pipe keeps its usual
        // size.
        _ = Libc.fcntl(ours.Input, Libc.F_SETPIPE_SZ, InputRoom);
        return true;
    }

    private static bool Pipe(out int read, out int write)
    {
        var ends = stackalloc int[2] { -1, -1 };
        var made = Libc.pipe2(ends, Libc.O_CLOEXEC) == 0;
        (read, write) = (ends[0], ends[1]);
        return made;
    }
}
