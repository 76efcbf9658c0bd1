using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansTasks.Cluster.Startup;
using OrleansTasks.Logs;
using OrleansTasks.Silo.Endpoint;
using OrleansTasks.Worker.Link;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.System.Tests.Silo;

/// <summary>An endpoint that takes everybody, in front of a service whose answers a test decides.</summary>
internal sealed class EndpointRig : INodeService, IAsyncDisposable
{
    private ServiceProvider services = null!;
    private NodeEndpoint endpoint = null!;

    public Func<StatusReport, CancellationToken, Task<StatusAnswer>> Status { get; set; } =
        static (report, _) => Task.FromResult(new StatusAnswer { Session = report.Session });

    public Func<AssignRequest, CancellationToken, IAsyncEnumerable<Commands>> Assign { get; set; } =
        static (_, _) => AsyncEnumerable.Empty<Commands>();

    public Func<Progress, CancellationToken, Task<ProgressAnswer>> Progress { get; set; } =
        static (_, _) => Task.FromResult(new ProgressAnswer { Settled = true });

    public Func<IAsyncEnumerable<OutputChunks>, CancellationToken, IAsyncEnumerable<OutputAnswer>> Output { get; set; } =
        static (messages, _) => messages.Select(static _ => new OutputAnswer { Stored = true });

    /// <summary>The calls about files; null for a service that has none.</summary>
    public Func<FetchRequest, CancellationToken, IAsyncEnumerable<FetchBlock>>? Fetch { get; set; }

    public Func<FetchFilesRequest, CancellationToken, IAsyncEnumerable<FetchBlock>>? FetchMany { get; set; }

    public Func<IAsyncEnumerable<StoreBlock>, CancellationToken, Task<StoreAnswer>>? Store { get; set; }

    public Func<MissingRequest, MissingAnswer>? Missing { get; set; }

    public Func<ArtifactPage, ArtifactAnswer>? Name { get; set; }

    public Uri Address => new($"http://127.0.0.1:{endpoint.Address.Port}");

    /// <summary>What was logged as an error.</summary>
    public CollectedErrors Errors { get; } = new();

    public static async Task<EndpointRig> Started()
    {
        var rig = new EndpointRig();
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        rig.services = new ServiceCollection()
            .AddLogging(logging => ServiceLog.Use(logging.AddProvider(rig.Errors), LogFormat.Text))
            .AddSingleton<INodeService>(rig)
            .AddNodeEndpoint(new NodeEndpointOptions { Socket = socket })
            .BuildServiceProvider();
        rig.endpoint = rig.services.GetRequiredService<NodeEndpoint>();
        await rig.endpoint.StartAsync(TestContext.Current.CancellationToken);
        return rig;
    }

    public MasterConnection Connect() => new(new MasterChannelOptions { Address = Address });

    public Task Stop() => endpoint.StopAsync(TestContext.Current.CancellationToken);

    /// <summary>Posts the body of a call as it is; the answer has been read to its end.</summary>
    public async Task<HttpResponseMessage> Post(string method, byte[] body, params (string Name, string Value)[] headers)
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var http = new HttpMessageInvoker(new SocketsHttpHandler());
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Address, $"/orleanstasks.v1.NodeService/{method}"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } },
        };
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        var answer = await http.SendAsync(request, cancellation);
        await answer.Content.LoadIntoBufferAsync(cancellation);
        return answer;
    }

    Task<StatusAnswer> INodeService.ReportStatus(StatusReport report, CancellationToken cancellation) => Status(report, cancellation);

    IAsyncEnumerable<Commands> INodeService.AssignTask(AssignRequest request, CancellationToken cancellation) => Assign(request, cancellation);

    Task<ProgressAnswer> INodeService.Report(Progress progress, CancellationToken cancellation) => Progress(progress, cancellation);

    IAsyncEnumerable<OutputAnswer> INodeService.WriteOutput(IAsyncEnumerable<OutputChunks> messages, CancellationToken cancellation) =>
        Output(messages, cancellation);

    IAsyncEnumerable<FetchBlock> INodeService.FetchFile(FetchRequest request, CancellationToken cancellation) =>
        (Fetch ?? throw WithoutFiles())(request, cancellation);

    IAsyncEnumerable<FetchBlock> INodeService.FetchFiles(FetchFilesRequest request, CancellationToken cancellation) =>
        (FetchMany ?? throw WithoutFiles())(request, cancellation);

    Task<StoreAnswer> INodeService.StoreFile(IAsyncEnumerable<StoreBlock> blocks, CancellationToken cancellation) =>
        (Store ?? throw WithoutFiles())(blocks, cancellation);

    Task<MissingAnswer> INodeService.MissingFiles(MissingRequest request, CancellationToken cancellation) =>
        Task.FromResult((Missing ?? throw WithoutFiles())(request));

    Task<ArtifactAnswer> INodeService.NameArtifacts(ArtifactPage page, CancellationToken cancellation) =>
        Task.FromResult((Name ?? throw WithoutFiles())(page));

    private static Exception WithoutFiles() => CallError.Of(Grpc.Core.StatusCode.Unimplemented, "This service has no files.");

    public async ValueTask DisposeAsync() => await services.DisposeAsync();
}
