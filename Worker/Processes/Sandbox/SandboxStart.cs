using System.Globalization;
using System.Runtime.InteropServices;
using OrleansTasks.Worker.Processes.Interop;
using Calls = OrleansTasks.Worker.Processes.Sandbox.SyscallNumbers;

namespace OrleansTasks.Worker.Processes.Sandbox;

/// <summary>
/// The descriptors of one start in a sandbox: the script, and the pipe through which it says what failed.
/// </summary>
internal sealed unsafe class SandboxStart : IDisposable
{
    // Above those that the new process gets.
    private const int LowestDescriptor = 10, F_DUPFD_CLOEXEC = 1030;
    private const int MostOutput = 4096;
    private readonly SyscallScript script;
    private readonly SandboxHost host;
    private int scriptFile = -1;
    private int status = -1;
    private int reportEnd = -1;
    private int launcher = -1;
    private int mapping = -1;
    private int listener = -1;

    private SandboxStart(SandboxHost host, SyscallScript script) => (this.host, this.script) = (host, script);

    /// <summary>The path at which the new process finds the program to start.</summary>
    internal string Program => string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{launcher}");

    /// <summary>Prepares a start. Returns null and an error number if that is not possible.</summary>
    internal static SandboxStart? Prepare(SandboxHost host, SyscallScript script, out int error)
    {
        var start = new SandboxStart(host, script);
        if (start.TryOpen())
        {
            error = 0;
            return start;
        }
        error = Libc.LastError;
        start.Dispose();
        return null;
    }

    /// <summary>
    /// Adds what the new process does before it becomes the launcher. Its standard streams are in place.
    /// </summary>
    /// <param name="actions">A posix_spawn_file_actions_t.</param>
    internal void AddTo(byte* actions)
    {
        _ = Libc.posix_spawn_file_actions_adddup2(actions, scriptFile, SandboxScript.ScriptDescriptor);
        if (reportEnd >= 0) _ = Libc.posix_spawn_file_actions_adddup2(actions, reportEnd, SandboxScript.StatusDescriptor);
        if (mapping >= 0) _ = Libc.posix_spawn_file_actions_adddup2(actions, mapping, SandboxScript.MappingDescriptor);
    }

    /// <summary>
    /// Waits until the command's program runs. Returns null if it does; otherwise what failed, and the process is about
    /// to end.
    /// </summary>
    internal string? Await(string program)
    {
        Descriptors.Close(ref reportEnd);
        var report = stackalloc long[2];
        var length = Receive(report);
        // The first message may be the socket alone.
        if (listener >= 0) length = Receive(report);
        if (length != SyscallScript.FailureSize) return null;
        var step = script.Describe(report[0]);
        var why = Libc.Describe((int)-report[1]);
        return step == SandboxScript.StartStep
            ? $"cannot start '{program}' in its sandbox: {why}"
            : $"cannot build the sandbox of '{program}': failed to {step}: {why}";
    }

    /// <summary>
    /// Returns the socket that listens in the sandbox's network; negative if there is none. The caller closes it.
    /// </summary>
    internal int TakeListener()
    {
        var taken = listener;
        listener = -1;
        return taken;
    }

    /// <summary>Receives a report, or a message that brings a descriptor.</summary>
    private nint Receive(long* into)
    {
        nint length;
        if (!script.SendsDescriptor)
        {
            do length = Libc.read(status, (byte*)into, SyscallScript.FailureSize);
            while (length < 0 && Libc.LastError == Libc.EINTR);
            return length;
        }

        // struct iovec, cmsghdr with one descriptor, msghdr.
        var part = stackalloc long[] { (long)into, SyscallScript.FailureSize };
        var control = stackalloc long[3];
        var message = stackalloc long[] { 0, 0, (long)part, 1, (long)control, 24, 0 };
        do length = Libc.recvmsg(status, message, Libc.MSG_CMSG_CLOEXEC);
        while (length < 0 && Libc.LastError == Libc.EINTR);
        if (length > 0 && message[5] >= 20) listener = (int)control[2];
        return length;
    }

    /// <summary>Runs a command and waits for it. Returns why it did not run, or null and its output.</summary>
    /// <param name="host">What all sandboxes share.</param>
    /// <param name="plan">What this sandbox has.</param>
    /// <param name="arguments">The command.</param>
    /// <param name="process">Through which another thread can end the wait.</param>
    /// <param name="output">Receives the first 4 KiB of the command's output.</param>
    internal static string? Run(
        SandboxHost host, SandboxPlan plan, IReadOnlyList<string> arguments, ProofProcess process, out byte[] output)
    {
        output = [];
        if (process.IsStopped) return ProofProcess.Stopped;
        using var start = Prepare(host, host.Script(plan), out var error);
        if (start is null) return Libc.Describe(error);
        if (Spawn(start, start.Program, arguments, out var pid, out var read) is var failed and not 0) return Libc.Describe(failed);
        process.Begin(pid);
        var failure = start.Await(arguments[0]);
        if (failure is null && start.script.SendsDescriptor && start.listener < 0)
            failure = "it did not give its socket to the worker";
        var buffer = stackalloc byte[MostOutput];
        var length = 0;
        while (length < MostOutput && Libc.read(read, buffer + length, (nuint)(MostOutput - length)) is var n and > 0) length += (int)n;
        _ = Libc.close(read);
        process.Reap();
        output = new ReadOnlySpan<byte>(buffer, length).ToArray();
        return failure;
    }

    /// <summary>
    /// Makes a user namespace in which a number of the machine is root. Returns its descriptor; negative if the system
    /// refuses.
    /// </summary>
    internal static int MakeUserNamespace(int launcher, uint number, ProofProcess process)
    {
        var script = new SyscallScript();
        script.Must("create a user namespace", Calls.Unshare, 0x10000000);
        // It says that it is there, and waits until the worker closes its standard input.
        script.Must("answer", Calls.Write, 1, script.Text("x"), 1);
        script.May(Calls.Read, 0, script.Numbers(0), 1);
        script.May(Calls.Exit, 0);
        script.Label("fail");
        script.May(Calls.Exit, 1);
        using var start = new SandboxStart(null!, script);
        start.launcher = Duplicate(launcher);
        var held = stackalloc int[2];
        if (start.launcher < 0 || !start.TryWriteScript() || Libc.pipe2(held, Libc.O_CLOEXEC) < 0) return -1;
        var descriptor = -1;
        if (Spawn(start, start.Program, ["sandbox"], out var pid, out var read, held[0]) == 0)
        {
            process.Begin(pid);
            byte answer;
            if (Libc.read(read, &answer, 1) == 1 && TryMap(pid, number))
                descriptor = Libc.open(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/ns/user"), Libc.O_RDONLY | Libc.O_CLOEXEC);
            _ = Libc.close(read);
            _ = Libc.kill(pid, Libc.SIGKILL);
            process.Reap();
        }
        _ = Libc.close(held[0]);
        _ = Libc.close(held[1]);
        return descriptor;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Descriptors.Close(ref scriptFile);
        Descriptors.Close(ref status);
        Descriptors.Close(ref reportEnd);
        Descriptors.Close(ref launcher);
        Descriptors.Close(ref mapping);
        Descriptors.Close(ref listener);
    }

    private static bool TryMap(int pid, uint number)
    {
        try
        {
            foreach (var kind in (string[])["uid_map", "gid_map"])
                File.WriteAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/{kind}"), string.Create(CultureInfo.InvariantCulture, $"0 {number} 1"));
            return true;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static int Spawn(SandboxStart start, string program, IReadOnlyList<string> arguments, out int pid, out int read, int input = -1)
    {
        var ends = stackalloc int[2];
        (pid, read) = (0, -1);
        if (Libc.pipe2(ends, Libc.O_CLOEXEC) < 0) return Libc.LastError;
        var actions = stackalloc byte[Libc.OpaqueSize];
        _ = Libc.posix_spawn_file_actions_init(actions);
        _ = Libc.posix_spawn_file_actions_adddup2(actions, ends[1], 1);
        if (input >= 0) _ = Libc.posix_spawn_file_actions_adddup2(actions, input, 0);
        start.AddTo(actions);
        using var block = new SpawnBlock();
        block.Fill(program, "/", new() { Arguments = arguments, Environment = [new("PATH", ProgramFinder.DefaultPath)] });
        int started;
        // In the session of the worker, in which the keeper of trees kills nothing.
        var error = Libc.posix_spawn(&started, block.Path, actions, null, block.Arguments, block.Environment);
        _ = Libc.posix_spawn_file_actions_destroy(actions);
        _ = Libc.close(ends[1]);
        (pid, read) = (started, ends[0]);
        if (error != 0) _ = Libc.close(ends[0]);
        return error;
    }

    private bool TryOpen()
    {
        var ends = stackalloc int[2];
        if (!TryWriteScript()) return false;
        // A message that brings a descriptor must not run into the next one.
        var made = script.SendsDescriptor
            ? Libc.socketpair(Libc.AF_UNIX, Libc.SOCK_SEQPACKET | Libc.O_CLOEXEC, 0, ends)
            : Libc.pipe2(ends, Libc.O_CLOEXEC);
        if (made < 0) return false;
        (status, reportEnd) = (ends[0], ends[1]);
        if (!TryRaise(ref reportEnd)) return false;
        launcher = Duplicate(host.Launcher);
        if (launcher < 0) return false;
        if (host.Mapping < 0) return true;
        mapping = Duplicate(host.Mapping);
        return mapping >= 0;
    }

    private bool TryWriteScript()
    {
        var (records, data, offset) = script.ToBytes();
        scriptFile = InputFile.Open(records);
        if (scriptFile < 0) return false;
        if (!TryRaise(ref scriptFile) || Libc.lseek(scriptFile, offset, 0) < 0) return false;
        fixed (byte* start = data) return Libc.write(scriptFile, start, (nuint)data.Length) == data.Length;
    }

    /// <summary>Replaces a descriptor by one above those that the new process gets.</summary>
    internal static bool TryRaise(ref int descriptor)
    {
        var raised = Duplicate(descriptor);
        if (raised < 0) return false;
        var error = Marshal.GetLastPInvokeError();
        _ = Libc.close(descriptor);
        Marshal.SetLastPInvokeError(error);
        descriptor = raised;
        return true;
    }

    private static int Duplicate(int descriptor) => Libc.fcntl(descriptor, F_DUPFD_CLOEXEC, LowestDescriptor);
}
