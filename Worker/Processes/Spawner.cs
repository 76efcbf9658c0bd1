using System.Runtime.InteropServices;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes;

/// <summary>Starts commands by posix_spawn(3), for one thread.</summary>
internal sealed unsafe class Spawner : IDisposable
{
    private static readonly bool ClosesRest = NativeLibrary.TryGetExport(
        NativeLibrary.GetMainProgramHandle(), "posix_spawn_file_actions_addclosefrom_np", out _);

    private readonly SpawnBlock block = new();
    private readonly byte* attributes = (byte*)NativeMemory.AllocZeroed(Libc.OpaqueSize);
    private readonly byte* actions = (byte*)NativeMemory.AllocZeroed(Libc.OpaqueSize);
    private int nullDevice;

    /// <summary>Prepares what all starts share: own session, default signals, none blocked.</summary>
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
        if (nullDevice < 0) throw new IOException($"cannot open /dev/null: {Libc.Describe(Libc.LastError)}");
    }

    /// <summary>Starts a command.</summary>
    /// <param name="request">What to start.</param>
    /// <param name="folder">The folder to start it in.</param>
    /// <param name="pipes">Receives the reading ends of its output.</param>
    /// <param name="pid">Receives its process id.</param>
    /// <returns>Null when it runs, else why not.</returns>
    internal string? Start(StartRequest request, string folder, out (int Output, int Error) pipes, out int pid)
    {
        pid = 0;
        pipes = (-1, -1);
        var program = ProgramFinder.Find(request, folder, out var error);
        if (program is null) return SpawnFailure.Of(request, folder, error);
        var ends = stackalloc int[4] { -1, -1, -1, -1 };
        var input = nullDevice;
        if (Libc.pipe2(ends, Libc.O_CLOEXEC) < 0 || Libc.pipe2(ends + 2, Libc.O_CLOEXEC) < 0 ||
            (!request.Input.IsEmpty && (input = InputFile.Open(request.Input.Span)) < 0))
        {
            error = Libc.LastError;
            for (var i = 0; i < 4; i++) Descriptors.Close(ref ends[i]);
            return $"cannot prepare the streams of '{request.Arguments[0]}': {Libc.Describe(error)}";
        }
        error = Spawn(request, program, folder, input, ends[1], ends[3], out pid);
        Descriptors.Close(ref ends[1]);
        Descriptors.Close(ref ends[3]);
        if (input != nullDevice) _ = Libc.close(input);
        if (error == 0)
        {
            pipes = (ends[0], ends[2]);
            return null;
        }
        Descriptors.Close(ref ends[0]);
        Descriptors.Close(ref ends[2]);
        return SpawnFailure.Of(request, folder, error);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Descriptors.Close(ref nullDevice);
        NativeMemory.Free(attributes);
        NativeMemory.Free(actions);
        block.Dispose();
    }

    private int Spawn(
        StartRequest request, string program, string folder, int input, int output, int errors, out int pid)
    {
        block.Fill(program, folder, request);
        _ = Libc.posix_spawn_file_actions_init(actions);
        _ = Libc.posix_spawn_file_actions_adddup2(actions, input, 0);
        _ = Libc.posix_spawn_file_actions_adddup2(actions, output, 1);
        _ = Libc.posix_spawn_file_actions_adddup2(actions, errors, 2);
        _ = Libc.posix_spawn_file_actions_addchdir_np(actions, block.Folder);
        // Everything here is opened close-on-exec; this is for libraries that forget it.
        if (ClosesRest) _ = Libc.posix_spawn_file_actions_addclosefrom_np(actions, 3);
        int started;
        var error = Libc.posix_spawn(&started, block.Path, actions, attributes, block.Arguments, block.Environment);
        _ = Libc.posix_spawn_file_actions_destroy(actions);
        pid = started;
        return error;
    }
}
