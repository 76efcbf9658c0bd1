using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Fuzz.Tests.Workers;

/// <summary>
/// A master that answers as it should until it is told to answer with other bytes. It speaks HTTP/2 through Kestrel and
/// gRPC by hand, so that messages can be anything.
/// </summary>
internal sealed class FakeMaster : IAsyncDisposable
{
    private const int LeaseMs = 10_000;
    private const int HeartbeatMs = 300;

    private readonly WebApplication app;
    private readonly ConcurrentQueue<byte[]> statuses = new();
    private readonly ConcurrentQueue<byte[]> reports = new();
    private readonly Signal<CommandStream> streams = new();
    private long lastSession;
    private long renewedAt;

    private FakeMaster(WebApplication app) => this.app = app;

    /// <summary>Whether each proper answer to a heartbeat kills all that the worker holds.</summary>
    public bool KillsHeld { get; set; }

    /// <summary>
    /// When the worker sent the latest registration or heartbeat that got a proper answer, by its own clock: from then
    /// the leases of good commands count.
    /// </summary>
    public long RenewedAt => Interlocked.Read(ref renewedAt);

    /// <summary>Where it listens.</summary>
    public IPEndPoint Address { get; private set; } = null!;

    /// <summary>Told of each registration and heartbeat.</summary>
    public Signal<StatusReport> Beats { get; } = new();

    /// <summary>Told of each result.</summary>
    public Signal<Result> Results { get; } = new();

    /// <summary>Told of each stream of commands that a worker opens.</summary>
    public Signal<CommandStream> Streams => streams;

    /// <summary>Starts one on a free port of loopback.</summary>
    public static async Task<FakeMaster> Start()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(static kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, static listen => listen.Protocols = HttpProtocols.Http2);
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MaxRequestBodySize = null;
        });
        var app = builder.Build();
        var master = new FakeMaster(app);
        app.Run(master.Answer);
        await app.StartAsync();
        master.Address = IPEndPoint.Parse(app.Urls.Single()["http://".Length..]);
        return master;
    }

    /// <summary>Answers the next registration or heartbeat with these bytes.</summary>
    public void AnswerStatus(byte[] bytes) => statuses.Enqueue(bytes);

    /// <summary>Answers the next report with these bytes.</summary>
    public void AnswerReport(byte[] bytes) => reports.Enqueue(bytes);

    /// <summary>Forgets answers that nobody asked for.</summary>
    public void ForgetAnswers()
    {
        statuses.Clear();
        reports.Clear();
    }

    /// <summary>A message with gRPC's prefix.</summary>
    public static byte[] Framed(IMessage message)
    {
        var content = message.ToByteArray();
        byte[] framed = [0, 0, 0, 0, 0, .. content];
        BinaryPrimitives.WriteInt32BigEndian(framed.AsSpan(1), content.Length);
        return framed;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private async Task Answer(HttpContext context)
    {
        context.Response.ContentType = "application/grpc";
        try
        {
            switch (context.Request.Path.Value!.Split('/')[^1])
            {
                case "ReportStatus":
                    await AnswerBeat(context);
                    break;
                case "AssignTask":
                    var stream = new CommandStream();
                    streams.Tell(stream);
                    await stream.Carry(context);
                    return;
                case "Report":
                    await AnswerEach(context, NoteProgress);
                    break;
                case "WriteOutput":
                    await AnswerEach(context, static _ => Framed(new OutputAnswer { Stored = true }));
                    break;
            }

            context.Response.AppendTrailer("grpc-status", "0");
        }
        catch (Exception over) when (over is OperationCanceledException or IOException)
        {
            // The worker has ended the call.
        }
    }

    private async Task AnswerBeat(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var report = StatusReport.Parser.ParseFrom(body.ToArray().AsSpan(5));
        if (!statuses.TryDequeue(out var answer))
        {
            answer = Framed(ProperAnswer(report));
            Interlocked.Exchange(ref renewedAt, report.SentAt);
        }

        await context.Response.Body.WriteAsync(answer, context.RequestAborted);
        Beats.Tell(report);
    }

    private StatusAnswer ProperAnswer(StatusReport report)
    {
        var answer = new StatusAnswer
        {
            Session = report.Session != 0 ? report.Session : Interlocked.Increment(ref lastSession), LeaseMs = LeaseMs,
                HeartbeatMs = HeartbeatMs,
        };
        foreach (var queue in report.Held.Select(static lease => lease.Queue).Distinct())
            answer.Terms.Add(new QueueTerm { Queue = queue, AsOf = report.SentAt });
        if (KillsHeld)
            answer.Kill.AddRange(report.Held);
        return answer;
    }

    private byte[] NoteProgress(byte[] message)
    {
        foreach (var result in Progress.Parser.ParseFrom(message).Results)
            Results.Tell(result);
        return reports.TryDequeue(out var answer) ? answer : Framed(new ProgressAnswer { Settled = true });
    }

    private static async Task AnswerEach(HttpContext context, Func<byte[], byte[]> answer)
    {
        while (true)
        {
            var read = await context.Request.BodyReader.ReadAsync(context.RequestAborted);
            var rest = read.Buffer;
            while (TryTake(ref rest, out var message))
            {
                await context.Response.Body.WriteAsync(answer(message), context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
            }

            context.Request.BodyReader.AdvanceTo(rest.Start, rest.End);
            if (read.IsCompleted)
                return;
        }
    }

    private static bool TryTake(ref ReadOnlySequence<byte> bytes, out byte[] message)
    {
        message = [];
        if (bytes.Length < 5)
            return false;
        var length = BinaryPrimitives.ReadInt32BigEndian(bytes.Slice(1, 4).ToArray());
        if (bytes.Length < 5 + length)
            return false;
        message = bytes.Slice(5, length).ToArray();
        bytes = bytes.Slice(5 + length);
        return true;
    }
}
