using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansTasks.Silo.Endpoint;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Memory;
using OrleansTasks.Storage.Trust;
using OrleansTasks.Trust;
using OrleansTasks.Worker.Link;
using OrleansTasks.Worker.Protocol;
using OrleansTasks.Worker.Trust;

namespace OrleansTasks.System.Tests.Silo;

/// <summary>An endpoint that asks for certificates, in front of a service that says yes to all; its clock can be put forward.</summary>
internal sealed class TrustRig : INodeService, INodeSessions, IAsyncDisposable
{
    public const string Instance = "0123456789abcdef0123456789abcdef";
    private readonly string folder = Directory.CreateTempSubdirectory("otask-trust-").FullName;
    private readonly List<IDisposable> opened = [];
    private ServiceProvider services = null!;
    private NodeEndpoint endpoint = null!;
    private int folders;

    public ForwardTime Time { get; } = new();

    public CountingTrustStore Store { get; } = new(new MemoryTrustStore());

    /// <summary>The labels of the last registration that was let through.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; private set; } = new Dictionary<string, string>();

    public Uri Address => new($"https://127.0.0.1:{endpoint.Address.Port}");

    public static async Task<TrustRig> Started()
    {
        var rig = new TrustRig();
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        rig.services = new ServiceCollection()
            .AddLogging(static logging => logging.SetMinimumLevel(LogLevel.None))
            .AddSingleton<TimeProvider>(rig.Time)
            .AddSingleton<ITrustStore>(rig.Store)
            .AddSingleton<INodeService>(rig)
            .AddSingleton<INodeSessions>(rig)
            .AddNodeEndpoint(new NodeEndpointOptions { Socket = socket, AsksForCertificates = true })
            .BuildServiceProvider();
        rig.endpoint = rig.services.GetRequiredService<NodeEndpoint>();
        await rig.endpoint.StartAsync(CancellationToken.None);
        return rig;
    }

    public async Task<JoinToken> Token(TokenTerms? terms = null) =>
        JoinToken.Parse((await JoinTokens.Make(Store, Time, terms)).Text)!;

    public async Task<WorkerIdentity> Join(string node, JoinToken? token = null, string instance = Instance) =>
        Opened(await Joining.JoinAsync(
            Address, token ?? await Token(), NewFolder(), node, instance, Time, TestContext.Current.CancellationToken));

    /// <summary>Connects trusting this service, showing what is given.</summary>
    public MasterConnection Connect(WorkerIdentity shown, WorkerIdentity? trusted = null)
    {
        var tls = Pinned.Tls(trusted ?? shown, Time);
        tls.LocalCertificateSelectionCallback = (_, _, _, _, _) => shown.Certificate;
        return Opened(new MasterConnection(new MasterChannelOptions { Address = Address, Tls = tls }));
    }

    /// <summary>Opens a connection, with the certificate of an identity or without one, and says nothing over it.</summary>
    public async Task<SslStream> Knock(CancellationToken cancellation, WorkerIdentity? shown = null)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, endpoint.Address.Port, cancellation);
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        await stream.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = static (_, _, _, _) => true,
                ClientCertificates = shown is null ? null : [shown.Certificate],
                ApplicationProtocols = [SslApplicationProtocol.Http2],
            },
            cancellation);
        return stream;
    }

    public string NewFolder() => Directory.CreateDirectory(Path.Combine(folder, $"{++folders}")).FullName;

    public static StatusReport Registration(string node, string instance = Instance) =>
        new() { NodeId = node, Registration = new Registration { Instance = instance, Slots = 1 } };

    public Task<StatusAnswer> ReportStatus(StatusReport report, CancellationToken cancellation)
    {
        if (report.Registration is { } registration)
            Labels = new Dictionary<string, string>(registration.Labels);
        return Task.FromResult(new StatusAnswer { Session = 1, LeaseMs = 10_000, HeartbeatMs = 2_000 });
    }

    public async IAsyncEnumerable<Commands> AssignTask(
        AssignRequest request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await Task.Yield();
        yield return new Commands();
    }

    public Task<ProgressAnswer> Report(Progress progress, CancellationToken cancellation) =>
        Task.FromResult(new ProgressAnswer { Settled = true });

    public async IAsyncEnumerable<OutputAnswer> WriteOutput(
        IAsyncEnumerable<OutputChunks> messages, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (var _ in messages.WithCancellation(cancellation))
            yield return new OutputAnswer { Stored = true };
    }

    public async Task<StoreAnswer> StoreFile(IAsyncEnumerable<StoreBlock> blocks, CancellationToken cancellation)
    {
        await blocks.CountAsync(cancellation);
        return new StoreAnswer();
    }

    public Task<FolderAnswer> ListedFolder(FolderListing listing, CancellationToken cancellation) =>
        Task.FromResult(new FolderAnswer { Taken = true });

    /// <summary>Session 1 of every node is its latest, and <see cref="Instance"/> opened it.</summary>
    public ValueTask<string?> InstanceOf(string node, long session) => new(session == 1 ? Instance : null);

    public async ValueTask DisposeAsync()
    {
        opened.ForEach(static one => one.Dispose());
        await services.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    private T Opened<T>(T one) where T : IDisposable
    {
        opened.Add(one);
        return one;
    }
}
