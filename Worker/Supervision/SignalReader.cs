using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Supervision;

/// <summary>
/// Reads the signals that ask this process to end, to reload or to replace its program. All threads block them, so they
/// wait in the kernel, also while one program replaces the other. A signal is read and passed on under the lock under
/// which the program is replaced; therefore none is lost between a handler and its effect.
/// </summary>
internal sealed unsafe class SignalReader : IDisposable
{
    /// <summary>
    /// The environment variable by which a program knows that it has started itself again. Its signals are not blocked
    /// only if the system would not have it.
    /// </summary>
    private const string StartedAgain = "ORLEANSTASKS_SIGNALS_WAIT";

    /// <summary>The size of struct signalfd_siginfo, which begins with the signal's number.</summary>
    private const int RecordSize = 128;

    private readonly int[] signals;
    private readonly Lock gate;
    private readonly Action<int> pass;
    private readonly int descriptor;
    private bool isEnded;

    /// <summary>Begins to read signals, on a thread of its own.</summary>
    /// <param name="signals">The signals.</param>
    /// <param name="gate">Held while a signal is read and passed on, and while the program is replaced.</param>
    /// <param name="pass">Receives each signal.</param>
    /// <exception cref="IOException">The system refuses a descriptor.</exception>
    internal SignalReader(int[] signals, Lock gate, Action<int> pass)
    {
        (this.signals, this.gate, this.pass) = (signals, gate, pass);
        var set = stackalloc byte[Libc.OpaqueSize];
        Fill(set, signals);
        descriptor = Libc.signalfd(-1, set, Libc.O_CLOEXEC | Libc.O_NONBLOCK);
        if (descriptor < 0)
            throw new IOException($"cannot read signals: {Libc.Describe(Libc.LastError)}");
        new Thread(Read, 256 * 1024) { IsBackground = true, Name = "signals" }.Start();
    }

    /// <summary>The signals that a supervisor passes on to its agent.</summary>
    internal static int[] OfSupervisor { get; } = [Libc.SIGHUP, Libc.SIGINT, Libc.SIGQUIT, Libc.SIGTERM, Libc.SIGUSR2];

    /// <summary>The signals that an agent handles. SIGQUIT ends it at once, as the runtime does it.</summary>
    internal static int[] OfAgent { get; } = [Libc.SIGHUP, Libc.SIGINT, Libc.SIGTERM, Libc.SIGUSR2];

    /// <summary>
    /// Returns if all threads of this process block the signals. Otherwise starts this program again in this process
    /// with the signals blocked, since the runtime's threads, which exist before Main, take the mask of their creator.
    /// </summary>
    /// <exception cref="IOException">The program cannot be started again.</exception>
    internal static void BlockInAllThreads(int[] signals)
    {
        var isSecond = Environment.GetEnvironmentVariable(StartedAgain) is { Length: > 0 };
        Environment.SetEnvironmentVariable(StartedAgain, null);
        var set = stackalloc byte[Libc.OpaqueSize];
        var before = stackalloc byte[Libc.OpaqueSize];
        Fill(set, signals);
        _ = Libc.pthread_sigmask(Libc.SIG_BLOCK, set, before);
        var isBlocked = true;
        foreach (var signal in signals)
            isBlocked &= Libc.sigismember(before, signal) == 1;
        if (isSecond || isBlocked)
            return;
        using var block = new SpawnBlock();
        block.Fill(Environment.ProcessPath ?? "/proc/self/exe", "", new()
        {
            Arguments = ProgramImage.OwnArguments(),
            Environment = ProgramImage.EnvironmentWith(StartedAgain, "1"),
        });
        _ = Libc.execve(block.Path, block.Arguments, block.Environment);
        throw new IOException($"cannot start '{Environment.ProcessPath}' again: {Libc.Describe(Libc.LastError)}");
    }

    /// <summary>Fills a set with signals.</summary>
    internal static void Fill(byte* set, ReadOnlySpan<int> signals)
    {
        _ = Libc.sigemptyset(set);
        foreach (var signal in signals)
            _ = Libc.sigaddset(set, signal);
    }

    /// <summary>Reads no more signals. From now on they act on the calling thread as if there were no reader.</summary>
    public void Dispose()
    {
        lock (gate)
            isEnded = true;
        var set = stackalloc byte[Libc.OpaqueSize];
        Fill(set, signals);
        _ = Libc.pthread_sigmask(Libc.SIG_UNBLOCK, set, null);
    }

    private void Read()
    {
        var wanted = new Libc.PollDescriptor { Descriptor = descriptor, Events = Libc.POLLIN };
        var record = stackalloc byte[RecordSize];
        while (true)
        {
            _ = Libc.poll(&wanted, 1, -1);
            lock (gate)
            {
                if (isEnded)
                    break;
                while (Libc.read(descriptor, record, RecordSize) == RecordSize)
                    pass(*(int*)record);
            }
        }

        _ = Libc.close(descriptor);
    }
}
