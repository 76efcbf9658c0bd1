using System.Text;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Supervision;

/// <summary>
/// The program that this process's command line starts now, which may be another version than the one that runs.
/// </summary>
/// <remarks>
/// Between the installation of another version and the replacement, files of another version are where this program's
/// were. So this class uses nothing but the C library and what this program has already loaded.
/// </remarks>
internal sealed unsafe class ProgramImage
{
    private const int MostSaid = 4096;

    private readonly string[] arguments = OwnArguments();

    /// <summary>
    /// Runs the program with the same arguments and <c>--check</c>. Returns null if it exits with 0 within the limit;
    /// otherwise what is wrong with it.
    /// </summary>
    /// <param name="variable">An environment variable for it.</param>
    /// <param name="value">The variable's value.</param>
    /// <param name="limit">How long it may take.</param>
    internal string? Check(string variable, string value, TimeSpan limit)
    {
        if (Find(out var error) is not { } path) return $"'{arguments[0]}' cannot be found: {Libc.Describe(error)}";
        var ends = stackalloc int[2];
        if (Libc.pipe2(ends, Libc.O_CLOEXEC) < 0) return $"cannot make a pipe: {Libc.Describe(Libc.LastError)}";
        error = SpawnCheck(path, new(variable, value), ends[1], out var pid);
        _ = Libc.close(ends[1]);
        var said = error == 0 ? ReadToEnd(ends[0], limit) : null;
        _ = Libc.close(ends[0]);
        if (error != 0) return $"'{path}' cannot be started: {Libc.Describe(error)}";
        // A program that has closed its output is about to end, unless it is too late.
        if (said is null) _ = Libc.kill(pid, Libc.SIGKILL);
        int status;
        while (Libc.wait4(pid, &status, 0, null) < 0 && Libc.LastError == Libc.EINTR) { }
        if (said is null) return $"'{path}' did not end within {limit.TotalSeconds:0} s when asked whether it can start";
        if (status == 0) return null;
        var end = (status & 0x7f) == 0 ? $"exit code {(status >> 8) & 0xff}" : SignalNames.Of(status & 0x7f);
        return said.Length == 0 ? $"'{path}' ended with {end} when asked whether it can start" : $"'{path}' ended with {end}: {said}";
    }

    /// <summary>
    /// Replaces the program of this process by calling execve(2). Process id, children and those descriptors that are
    /// not marked close-on-exec stay. Signals that ask to end wait until the other program reads them
    /// (<see cref="SignalReader"/>).
    /// </summary>
    /// <param name="environment">The whole environment.</param>
    /// <returns>Returns only on failure: why this program continues.</returns>
    internal string Replace(IReadOnlyCollection<KeyValuePair<string, string>> environment)
    {
        if (Find(out var error) is not { } path) return $"'{arguments[0]}' cannot be found: {Libc.Describe(error)}";
        using var block = new SpawnBlock();
        block.Fill(path, "", new() { Arguments = arguments, Environment = environment });
        // The other program's threads inherit this thread's timer slack, which marks attempts.
        _ = Libc.prctl(Libc.PR_SET_TIMERSLACK, AttemptTags.DefaultSlack, 0, 0, 0);
        _ = Libc.execve(block.Path, block.Arguments, block.Environment);
        error = Libc.LastError;
        return $"'{path}' cannot be started: {Libc.Describe(error)}";
    }

    /// <summary>
    /// Returns this process's command line, which is right both for an executable of its own and for <c>dotnet X.dll</c>.
    /// </summary>
    internal static string[] OwnArguments() => File.ReadAllText("/proc/self/cmdline").Split('\0')[..^1];

    /// <summary>Returns this process's environment with a variable set, and without others.</summary>
    internal static List<KeyValuePair<string, string>> EnvironmentWith(string variable, string value, params string[] without)
    {
        var all = new List<KeyValuePair<string, string>>();
        var own = Environment.GetEnvironmentVariables().GetEnumerator();
        while (own.MoveNext())
            if (own.Key is string name && name != variable && !without.Contains(name)) all.Add(new(name, (string?)own.Value ?? ""));
        all.Add(new(variable, value));
        return all;
    }

    /// <summary>
    /// Finds the program as a shell would. The path of the running program does not help: it names the file that was
    /// replaced.
    /// </summary>
    private string? Find(out int error) => ProgramFinder.Find(
        new() { Arguments = arguments, Environment = [new("PATH", Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin")] },
        Environment.CurrentDirectory, out error);

    private int SpawnCheck(string path, KeyValuePair<string, string> variable, int output, out int pid)
    {
        var attributes = stackalloc byte[Libc.OpaqueSize];
        var actions = stackalloc byte[Libc.OpaqueSize];
        var signals = stackalloc byte[Libc.OpaqueSize];
        _ = Libc.posix_spawnattr_init(attributes);
        _ = Libc.posix_spawnattr_setflags(attributes, Libc.POSIX_SPAWN_SETSIGMASK);
        _ = Libc.sigemptyset(signals);
        _ = Libc.posix_spawnattr_setsigmask(attributes, signals);
        _ = Libc.posix_spawn_file_actions_init(actions);
        _ = Libc.posix_spawn_file_actions_adddup2(actions, output, 1);
        _ = Libc.posix_spawn_file_actions_adddup2(actions, output, 2);
        using var block = new SpawnBlock();
        block.Fill(path, "", new() { Arguments = [.. arguments, "--check"], Environment = EnvironmentWith(variable.Key, variable.Value) });
        int started;
        var error = Libc.posix_spawn(&started, block.Path, actions, attributes, block.Arguments, block.Environment);
        _ = Libc.posix_spawn_file_actions_destroy(actions);
        pid = started;
        return error;
    }

    /// <summary>Reads until the writer closes the pipe. Returns null if that takes longer than the limit.</summary>
    private static string? ReadToEnd(int descriptor, TimeSpan limit)
    {
        var time = TimeProvider.System;
        var began = time.GetTimestamp();
        var said = new List<byte>();
        var buffer = stackalloc byte[1024];
        while (limit - time.GetElapsedTime(began) is var left && left > TimeSpan.Zero)
        {
            var wanted = new Libc.PollDescriptor { Descriptor = descriptor, Events = Libc.POLLIN };
            if (Libc.poll(&wanted, 1, (int)left.TotalMilliseconds + 1) <= 0) continue;
            var count = (int)Libc.read(descriptor, buffer, 1024);
            if (count < 0 && Libc.LastError == Libc.EINTR) continue;
            if (count <= 0) return Encoding.UTF8.GetString([.. said]).Trim();
            if (said.Count < MostSaid) said.AddRange(new ReadOnlySpan<byte>(buffer, count));
        }
        return null;
    }
}
