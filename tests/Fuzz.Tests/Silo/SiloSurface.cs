using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Grpc.Core;
using OrleansTasks.Fuzz.Tests.Fuzzing;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.Fuzz.Tests.Silo;

/// <summary>
/// The port at which workers call the service. An input is <c>frames</c>, a line feed, and the bytes of a connection;
/// or a call as <see cref="CallMaker"/> makes it.
/// </summary>
internal sealed class SiloSurface : ISurface, IAsyncDisposable
{
    /// <summary>
    /// Descriptors beyond those after the corpus: connections that are being closed, and output files of tasks.
    /// </summary>
    private const int MoreDescriptors = 100;

    /// <summary>
    /// Memory beyond that after the corpus: messages may have 16 MiB, of which the collector keeps some.
    /// </summary>
    private const int MoreMiB = 500;

    private const int RegisterEvery = 25;
    private const int LogTries = 100;
    private const string Frames = "frames\n";
    private const string Deadline = "grpc-timeout:300m";
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// UNKNOWN stands for an exception that nobody expected; UNAVAILABLE for a store or cluster that is away.
    /// </summary>
    private static readonly StatusCode[] Findings = [StatusCode.Unknown, StatusCode.Unavailable];

    private readonly Service service;
    private readonly WorkerProcess good;
    private readonly Figures figures;
    private readonly Mallory mallory;
    private readonly HttpMessageInvoker http = new(new SocketsHttpHandler { UseProxy = false });
    private readonly LogWatch log = new();
    private ProcessGauge before;
    private int tried;

    /// <summary>
    /// Makes the surface of a service beside which a good worker with the label <c>good=yes</c> works.
    /// </summary>
    public SiloSurface(Service service, WorkerProcess good, Figures figures)
    {
        (this.service, this.good, this.figures) = (service, good, figures);
        mallory = new Mallory(service);
        before = ProcessGauge.Of(service.Agent);
    }

    /// <inheritdoc/>
    public string Name => "grpc-silo";

    /// <inheritdoc/>
    public int MostInTests => 300;

    /// <summary>Takes what the process holds now for what it needs.</summary>
    public void WarmedUp() => before = ProcessGauge.Of(service.Agent);

    /// <inheritdoc/>
    public byte[] Make(Random random, Corpus corpus)
    {
        var kind = random.Next(100);
        if (kind < 60)
            return new CallMaker(random).Make();
        if (kind < 92)
            return [.. Encoding.ASCII.GetBytes(Frames), .. new FrameMaker(random).Make()];
        var kept = corpus.Pick(random);
        var end = kept.AsSpan().IndexOf((byte)'\n') + 1;
        return [.. kept.AsSpan(0, end), .. ByteMutator.Change(random, kept.AsSpan(end))];
    }

    /// <inheritdoc/>
    public async Task<string> Try(byte[] input)
    {
        if (tried++ % RegisterEvery == 0)
            await Register();
        var end = input.AsSpan().IndexOf((byte)'\n') + 1;
        var head = Encoding.ASCII.GetString(input.AsSpan(0, end));
        var body = Marks.Replace(input[end..], mallory.Session, mallory.Lease);
        var outcome = head == Frames ? await SendFrames(body) : await Call(head.Trim().Split(' '), body);
        log.RequireNoError(service.Log);
        return outcome;
    }

    /// <inheritdoc/>
    public async Task Check()
    {
        try
        {
            using var accepted = await service.Post(
                "/api/v1/tasks", new JsonObject { ["cmd"] = "true", ["priority"] = 9, ["requires"] =
                    new JsonObject { ["good"] = "yes" } });
            var id = (string)JsonNode.Parse(await accepted.EnsureSuccessStatusCode()
                .Content.ReadAsStringAsync())!["id"]!;
            var task = await service.Ended(id);
            if ((string?)task["state"] != "succeeded")
                throw new FindingException($"The task 'true' of a good worker ended as {task.ToJsonString()}.");
        }
        catch (Exception broken) when (
            broken is HttpRequestException or OperationCanceledException or Xunit.Sdk.XunitException)
        {
            throw new FindingException(
                $"The service or the good worker does not work any more: {broken.Message}\n{good.Log}", isFatal: true);
        }

        log.RequireNoError(service.Log);
        var after = ProcessGauge.Of(service.Agent);
        figures.Processes["service"] = (before, after);
        after.RequireWithin(before, MoreDescriptors, MoreMiB);
    }

    public async ValueTask DisposeAsync()
    {
        await mallory.DisposeAsync();
        http.Dispose();
    }

    private async Task Register()
    {
        try
        {
            await mallory.Register();
        }
        catch (Exception broken) when (broken is RpcException or HttpRequestException or Xunit.Sdk.XunitException)
        {
            throw new FindingException($"A node that does everything right cannot register: {broken.Message}");
        }
    }

    /// <summary>Sends bytes, ends this direction, and expects the server to do the same.</summary>
    private async Task<string> SendFrames(byte[] bytes)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, LingerState =
            new LingerOption(true, 0) };
        using var limit = new CancellationTokenSource(Limit, TimeProvider.System);
        var buffer = new byte[64 * 1024];
        var came = 0;
        try
        {
            await socket.ConnectAsync(IPEndPoint.Parse(service.Grpc), limit.Token);
            await socket.SendAsync(bytes, SocketFlags.None, limit.Token);
            using (var moment = CancellationTokenSource.CreateLinkedTokenSource(limit.Token))
            {
                moment.CancelAfter(Quiet);
                came = await ReadToEnd(socket, buffer, moment.Token);
            }

            socket.Shutdown(SocketShutdown.Send);
            came += await ReadToEnd(socket, buffer, limit.Token);
        }
        catch (SocketException)
        {
            return "reset";
        }
        catch (OperationCanceledException)
        {
            // Neither was it accepted, or all of it read, within the limit.
        }

        if (limit.IsCancellationRequested)
            throw new FindingException(
                $"A connection is open {Limit.TotalSeconds} s after its caller has ended it; {came} bytes came.");
        return came == 0 ? "closed" : "frames and closed";
    }

    private static async Task<int> ReadToEnd(Socket socket, byte[] buffer, CancellationToken cancellation)
    {
        var came = 0;
        try
        {
            for (int count; (count = await socket.ReceiveAsync(buffer, SocketFlags.None, cancellation)) > 0;)
                came += count;
        }
        catch (OperationCanceledException)
        {
            // The caller looks at its limit.
        }

        return came;
    }

    private async Task<string> Call(string[] head, byte[] body)
    {
        // Without a deadline a stream of commands is open for as long as its session: the caller gives up. A second
        // header makes both of them invalid.
        var hasDeadline = head.Where(static text => text.StartsWith("grpc-timeout:", StringComparison.Ordinal)).SequenceEqual([Deadline]);
        using var limit = new CancellationTokenSource(hasDeadline ? Limit : Patience, TimeProvider.System);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://{service.Grpc}{head[1]}")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body) { Headers =
                { ContentType = new MediaTypeHeaderValue("application/grpc") } },
        };
        foreach (var header in head.Skip(2).Select(static text => text.Split(':', 2)))
            request.Headers.TryAddWithoutValidation(header[0], header[1]);
        try
        {
            using var answer = await http.SendAsync(request, limit.Token);
            await answer.Content.LoadIntoBufferAsync(limit.Token);
            return await Explained(() => Judge(head[1], answer));
        }
        catch (OperationCanceledException) when (hasDeadline)
        {
            throw new FindingException(
                $"{head[1]} was not answered within {Limit.TotalSeconds} s, though its deadline was 300 ms.");
        }
        catch (OperationCanceledException)
        {
            return "open until cancelled";
        }
        catch (HttpRequestException)
        {
            return "reset";
        }
        catch (IOException)
        {
            return "reset";
        }
    }

    /// <summary>Adds what the service's log says of a failure that callers are told nothing of.</summary>
    private async Task<string> Explained(Func<string> judge)
    {
        try
        {
            return judge();
        }
        catch (FindingException finding)
        {
            var error = "the log says nothing.";
            for (var tries = 0; tries < LogTries
                && error.StartsWith("the log says nothing", StringComparison.Ordinal); tries++)
            {
                // The log is a pipe: each answer gives its line more time to come.
                using var later = await service.Http.GetAsync("/readyz");
                try
                {
                    log.RequireNoError(service.Log);
                }
                catch (FindingException why)
                {
                    error = why.Message;
                }
            }

            throw new FindingException($"{finding.Message} {error}");
        }
    }

    /// <summary>Returns the outcome of a call; fails when it is none that a caller may cause.</summary>
    internal static string Judge(string path, HttpResponseMessage answer)
    {
        if (answer.StatusCode != HttpStatusCode.OK)
            return (int)answer.StatusCode < 500 ? $"HTTP {(int)answer.StatusCode}"
                : throw new FindingException($"{path} is answered {(int)answer.StatusCode}.");
        var values = answer.TrailingHeaders.TryGetValues("grpc-status", out var trailer)
            || answer.Headers.TryGetValues("grpc-status", out trailer)
            ? trailer.ToArray() : [];
        if (values.Length != 1 || !Enum.TryParse<StatusCode>(values[0], out var status) || !Enum.IsDefined(status))
            throw new FindingException($"{path} is answered with the status '{string.Join(',', values)}'.");
        if (Findings.Contains(status))
            throw new FindingException($"{path} is answered {status}: {Message(answer)}");
        return string.Create(CultureInfo.InvariantCulture, $"{status}");
    }

    private static string Message(HttpResponseMessage answer) =>
        answer.TrailingHeaders.TryGetValues("grpc-message", out var message)
            || answer.Headers.TryGetValues("grpc-message", out message)
            ? string.Join(',', message) : "without a message";
}
