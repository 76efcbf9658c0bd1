using Google.Protobuf;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansTasks.Lifetime;
using OrleansTasks.Worker.Agent;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Protocol;
using OrleansTasks.Worker.Tests.Files;

namespace OrleansTasks.Worker.Tests.Agent;

/// <summary>An agent that runs real processes for a scripted master.</summary>
internal sealed class AgentFixture : IAsyncDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("agent-").FullName;
    private readonly ProcessHost host;
    private int tasks;

    public AgentFixture(
        Action<AgentOptions>? configure = null, TimeProvider? time = null, TimeProvider? bootClock = null, ILogger<NodeAgent>? logger = null)
    {
        time ??= TimeProvider.System;
        host = new ProcessHost(
            new ProcessHostOptions { WorkFolderRoot = Path.Combine(folder, "work"), SpawnThreads = 2 },
            TimeProvider.System);
        Options = new AgentOptions { NodeId = "w1", DataFolder = Path.Combine(folder, "agent"), Slots = 2 };
        configure?.Invoke(Options);
        Time = time;
        BootTime = bootClock ?? BootClock.Instance;
        Logger = logger ?? NullLogger<NodeAgent>.Instance;
        Agent = NewAgent();
    }

    public ScriptedMaster Master { get; } = new();

    public AgentOptions Options { get; }

    public TimeProvider Time { get; }

    public TimeProvider BootTime { get; }

    public ILogger<NodeAgent> Logger { get; }

    public NodeAgent Agent { get; private set; }

    public ProcessHost Host => host;

    public string Folder => folder;

    public bool Enforces(string limit) => host.EnforcedLimits.Contains(limit);

    public async Task<AgentFixture> Started()
    {
        Agent.Start();
        await Agent.Registered.WaitAsync(TestContext.Current.CancellationToken);
        return this;
    }

    /// <summary>The next run of the worker on the same data folder.</summary>
    public async Task<AgentFixture> Restarted()
    {
        await Agent.DisposeAsync();
        Agent = NewAgent();
        return await Started();
    }

    public Start Shell(string line) => Argv("/bin/sh", "-c", line);

    public Start Argv(params string[] argv)
    {
        var number = ++tasks;
        var start = new Start
        {
            Lease = LeaseOf(number),
            Name = "test",
            TimeoutMs = 60_000,
            KillGraceMs = 5_000,
            MaxOutputBytes = 16 * 1024 * 1024,
        };
        start.Argv.AddRange(argv);
        return start;
    }

    /// <summary>A command that says that it runs by a file, and then waits until another is there.</summary>
    public (Start Start, string Running, string Go) Gated()
    {
        var (running, go) = (Path.Combine(folder, $"running{tasks}"), Path.Combine(folder, $"go{tasks}"));
        return (Shell($"mkfifo {go}; echo > {running}; read x < {go}"), running, go);
    }

    public Task WaitForFile(string path) => WrittenFile.IsThere(path);

    /// <summary>The queue of all its tasks.</summary>
    public const string Queue = "q1";

    public static Lease LeaseOf(int number) => new()
    {
        TaskId = $"00000000-0000-7000-8000-{number:x12}",
        Queue = Queue,
        Attempt = 1,
        Token = ByteString.CopyFrom([.. new byte[12], .. BitConverter.GetBytes(number)]),
    };

    public ValueTask DisposeAsync() => DisposeAsync(static () => { });

    /// <summary>Ends the agent and its host, lets somebody look at what they leave, and removes that.</summary>
    public async ValueTask DisposeAsync(Action look)
    {
        await Agent.DisposeAsync();
        await host.DisposeAsync();
        look();
        Directory.Delete(folder, recursive: true);
    }

    private NodeAgent NewAgent() => new(Options, Master, host, Time, BootTime, Logger);
}
