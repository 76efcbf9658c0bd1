using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Processes.Containers;
using OrleansTasks.Worker.Processes.Sandbox;
using OrleansTasks.Worker.Processes.Users;
using OrleansTasks.Worker.Tests.Processes;
using OrleansTasks.Worker.Tests.Processes.Containers;

namespace OrleansTasks.Worker.Tests.Torture.Escapes;

/// <summary>The corpus of hostile commands against a sandbox and against a user of its own.</summary>
[Collection(nameof(AloneCollection))]
[Trait("Needs", "root")]
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed partial class EscapeTests : IAsyncLifetime
{
    private const string SharedKey = "0x07a5ce5e";
    private readonly string root = Path.Combine("/tmp", $"otask-escapes-{Environment.ProcessId}-{Guid.NewGuid():N}");
    private readonly string name = $"otask-escape-{Guid.NewGuid():N}";
    private readonly List<Socket> listeners = [];
    private Process? victim;
    private int shared = -1;
    private Dictionary<string, string> environment = [];

    private string Data => Path.Combine(root, "data");

    private string Work => Path.Combine(Data, "work");

    public ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Path.Combine(Work, "other"));
        const UnixFileMode Own = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        Write(Path.Combine(root, "secret"), Own | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        Write(Path.Combine(Data, "identity"), Own);
        Write(Path.Combine(Work, "other", "file"), Own);
        File.SetUnixFileMode(Path.Combine(Work, "other"), Own | UnixFileMode.UserExecute);
        Write(Path.Combine("/tmp", name), Own | UnixFileMode.OtherRead);
        Write(Path.Combine("/dev/shm", name), Own | UnixFileMode.OtherRead);
        victim = Process.Start(new ProcessStartInfo("sleep", "1000000"))!;
        var loopback = Listen(new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp), new IPEndPoint(IPAddress.Loopback, 0));
        _ = Listen(new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified), new UnixDomainSocketEndPoint(Path.Combine(root, "socket")));
        _ = Listen(new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified), new UnixDomainSocketEndPoint("\0" + name));
        File.SetUnixFileMode(Path.Combine(root, "socket"), (UnixFileMode)0x1FF);
        shared = SharedMemory(int.Parse(SharedKey[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture), 4096, 0x200 | 0x1B6);
        environment = new(HostFixture.CleanEnvironment)
        {
            ["SECRET"] = Path.Combine(root, "secret"),
            ["DATA"] = Data,
            ["WORK"] = Work,
            ["TMPFILE"] = Path.Combine("/tmp", name),
            ["SHMFILE"] = Path.Combine("/dev/shm", name),
            ["WORKER"] = $"{Environment.ProcessId}",
            ["VICTIM"] = $"{victim.Id}",
            ["PORT"] = $"{((IPEndPoint)loopback.LocalEndPoint!).Port}",
            ["ADDRESS"] = AddressOfMachine(),
            ["SOCKET"] = Path.Combine(root, "socket"),
            ["ABSTRACT"] = name,
            ["SHMKEY"] = SharedKey,
        };
        environment["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        foreach (var listener in listeners) listener.Dispose();
        victim?.Kill();
        victim?.Dispose();
        if (shared >= 0) _ = ControlSharedMemory(shared, 0, 0);
        File.Delete(Path.Combine("/tmp", name));
        File.Delete(Path.Combine("/dev/shm", name));
        Directory.Delete(root, recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public void Corpus_HasAHundredEscapes()
    {
        Assert.InRange(EscapeCorpus.All.Length, 100, 1000);
        Assert.InRange(ContainerEscapes.All.Length, 40, 1000);
        Assert.Distinct(EscapeCorpus.All.Concat(ContainerEscapes.All).Concat(ProxyEscapes.All).Select(static escape => escape.Name));
    }

    [Fact]
    public async Task Escapes_InASandbox_ReachNothing()
    {
        Assert.SkipUnless(Environment.UserName == "root", "needs root");
        await using var host = new ProcessHost(new() { WorkFolderRoot = Work, SpawnThreads = 2 }, TimeProvider.System);
        Assert.SkipUnless(host.SandboxRefusal is null, $"no sandbox here: {host.SandboxRefusal}");

        Assert.Empty(await Successful(host, EscapeCorpus.All, new SandboxRequest()));
    }

    [Fact]
    public async Task Escapes_InASandboxWithTheMachinesNetwork_ReachNothingElse()
    {
        Assert.SkipUnless(Environment.UserName == "root", "needs root");
        await using var host = new ProcessHost(new() { WorkFolderRoot = Work, SpawnThreads = 2 }, TimeProvider.System);
        Assert.SkipUnless(host.SandboxRefusal is null, $"no sandbox here: {host.SandboxRefusal}");
        // What the network is for. An abstract socket is held back by Landlock, since Linux 6.12.
        string[] allowed = ["loopback-service", "interfaces", "routes", "low-port-of-machine",
            .. Environment.OSVersion.Version >= new Version(6, 12) ? (string[])[] : ["abstract-socket"]];

        Assert.Empty((await Successful(host, EscapeCorpus.All, new SandboxRequest { UsesHostNetwork = true })).Except(allowed));
    }

    [Fact]
    public async Task Escapes_InASandboxWithListedHosts_ReachNothingElse()
    {
        Assert.SkipUnless(Environment.UserName == "root", "needs root");
        await using var host = new ProcessHost(new() { WorkFolderRoot = Work, SpawnThreads = 2 }, TimeProvider.System);
        Assert.SkipUnless(host.SandboxRefusal is null, $"no sandbox here: {host.SandboxRefusal}");
        var listed = Listen(new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp), new IPEndPoint(IPAddress.Loopback, 0));
        var port = ((IPEndPoint)listed.LocalEndPoint!).Port;
        environment["LISTED"] = $"{port}";
        var sandbox = new SandboxRequest { Allow = [$"127.0.0.1:{port}"] };

        Assert.Empty(await Successful(host, [.. EscapeCorpus.All, .. ProxyEscapes.All], sandbox));
        // What is listed is reached in the same way.
        environment["PORT"] = environment["LISTED"];
        Assert.Equal(["proxy-tunnel"], await Successful(host, ProxyEscapes.All[..1], sandbox));
    }

    [Fact]
    [Trait("Needs", "containers")]
    public async Task Escapes_InAContainer_ReachNothing()
    {
        Assert.SkipUnless(Environment.UserName == "root", "needs root");
        ContainerFixture.SetUpPodman(root);
        await using var host = new ProcessHost(
            new() { WorkFolderRoot = Work, SpawnThreads = 2, ContainerEngine = EngineChoice.Podman },
            TimeProvider.System);
        var refusal = await host.ProveContainersAsync();
        Assert.SkipUnless(refusal is null, $"no containers here: {refusal}");

        var reached = await Successful(host, ContainerEscapes.All, sandbox: null, ContainerProof.RequestOf(EngineKind.Podman));

        Assert.Equal("", string.Join(", ", reached));
    }

    [Fact]
    public async Task Escapes_AsAUserOfItsOwnInASandbox_ReachNothing()
    {
        Assert.SkipUnless(Environment.UserName == "root", "needs root");
        await using var host = RangeHost();
        Assert.SkipUnless(host.SandboxRefusal is null, $"no sandbox here: {host.SandboxRefusal}");

        Assert.Empty(await Successful(host, EscapeCorpus.All, new SandboxRequest()));
    }

    [Fact]
    public async Task Escapes_AsAUserOfItsOwn_ReachNothingOfOthers()
    {
        Assert.SkipUnless(Environment.UserName == "root", "needs root");
        await using var host = RangeHost();

        Assert.Empty(await Successful(host, EscapeCorpus.All.Where(static escape => escape.Walls == Walls.Both), null));
    }

    [Fact]
    public async Task Escapes_WithoutWalls_WorkAsFarAsTheyDoNoHarm()
    {
        Assert.SkipUnless(Environment.UserName == "root", "needs root");
        await using var host = new ProcessHost(new() { WorkFolderRoot = Work, SpawnThreads = 2 }, TimeProvider.System);
        var harmless = EscapeCorpus.All.Where(static escape => escape.WorksWithout).ToArray();

        Assert.Equal(harmless.Select(static escape => escape.Name), await Successful(host, harmless, null));
    }

    /// <summary>The names of the commands that reached what they must not.</summary>
    private async Task<List<string>> Successful(
        ProcessHost host, IEnumerable<Escape> escapes, SandboxRequest? sandbox, ContainerRequest? container = null)
    {
        var reached = new List<string>();
        foreach (var escape in escapes)
        {
            var request = new StartRequest
            {
                Arguments = StartRequest.ShellLine(escape.Script), Environment = environment, Sandbox = sandbox,
                Container = container, TakesResult = true, Timeout = TimeSpan.FromMinutes(1),
            };
            var outcome = await host.Start(request).Completion.WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
            var output = HostFixture.Text(outcome.StandardOutput);
            // A command that did not run proves nothing.
            if (output.Contains(Escape.Reached) || outcome.Reason is not (ProcessEndReason.Exit or ProcessEndReason.BadResult) || !outcome.Result.IsEmpty)
                reached.Add(outcome.Message is null ? escape.Name : $"{escape.Name}: {outcome.Message}");
        }

        return reached;
    }

    private ProcessHost RangeHost()
    {
        var users = RunAsUser.FindRange("2130000000-2130000999");
        users.OpenWay(Work, root, Data);
        File.SetUnixFileMode(Path.Combine(Work, "other"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return new(new() { WorkFolderRoot = Work, SpawnThreads = 2, RunAs = users }, TimeProvider.System);
    }

    private static void Write(string path, UnixFileMode mode)
    {
        File.WriteAllText(path, "a secret\n");
        File.SetUnixFileMode(path, mode);
    }

    private Socket Listen(Socket socket, EndPoint at)
    {
        listeners.Add(socket);
        socket.Bind(at);
        socket.Listen();
        return socket;
    }

    private static string AddressOfMachine() =>
        Dns.GetHostAddresses(Dns.GetHostName(), AddressFamily.InterNetwork).FirstOrDefault(static address => !IPAddress.IsLoopback(address))?.ToString()
            ?? "192.0.2.1";

    [LibraryImport("libc", EntryPoint = "shmget")]
    private static partial int SharedMemory(int key, nuint size, int flags);

    [LibraryImport("libc", EntryPoint = "shmctl")]
    private static partial int ControlSharedMemory(int id, int command, nint buffer);
}
