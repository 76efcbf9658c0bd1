using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using OrleansTasks.Fuzz.Tests.Fuzzing;
using OrleansTasks.Fuzz.Tests.Messages;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Fuzz.Tests.Silo;

/// <summary>
/// Makes gRPC calls to the silo: <c>call PATH [NAME:VALUE]…</c>, a line feed, and the body. Session, task and token
/// of a registered node stand in the body as <see cref="Marks"/>.
/// </summary>
/// <param name="random">The iteration's choices.</param>
internal sealed class CallMaker(Random random)
{
    private const string Service = "/orleanstasks.v1.NodeService/";

    private static readonly (string Method, MessageDescriptor Request)[] Methods =
    [
        ("ReportStatus", StatusReport.Descriptor), ("AssignTask", AssignRequest.Descriptor),
        ("Report", Progress.Descriptor),
        ("WriteOutput", OutputChunks.Descriptor), ("Authority", AuthorityRequest.Descriptor),
        ("Join", JoinRequest.Descriptor),
    ];

    private static readonly string[] Headers =
    [
        "orleanstasks-version:1", "orleanstasks-version:2", "orleanstasks-version:", "grpc-encoding:gzip",
        "grpc-encoding:identity", "grpc-accept-encoding:gzip",
        "grpc-timeout:0n", "grpc-timeout:x", "grpc-timeout:99999999H", "grpc-timeout:-1S", "content-encoding:gzip",
        "x-bin:////", "authorization:Bearer",
    ];

    /// <summary>Makes a call.</summary>
    public byte[] Make()
    {
        var (method, request) = random.Percent(70) ? Methods[random.Next(4)] : random.Pick(Methods);
        var name = random.Percent(98) ? method : random.Pick(["", "Nothing", "reportstatus", "ReportStatus/"]);
        var head = $"call {Service}{name}";
        // Without a deadline a stream of commands stays open for as long as its session.
        head += random.Percent(7) ? "" : " grpc-timeout:300m";
        while (random.Percent(8))
            head += $" {random.Pick(Headers)}";
        var body = new List<byte>();
        for (var left = random.Pick([1, 1, 1, 1, 2, 3, 0]); left > 0; left--)
            body.AddRange(random.Framed(Message(request)));
        return [.. Encoding.ASCII.GetBytes(head + "\n"), .. body];
    }

    private byte[] Message(MessageDescriptor type)
    {
        var maker = new MessageMaker(random) { TextFor = TextFor, NumberFor = NumberFor, BytesFor = BytesFor };
        var bytes = maker.Make(type).ToByteArray();
        return random.Next(100) switch
        {
            < 45 => bytes,
            < 60 => new WireMutator(random).AddFuture(bytes),
            < 97 => new WireMutator(random).Break(bytes),
            _ => random.Bytes(random.Pick([1, 100, 40_000])),
        };
    }

    private string? TextFor(FieldDescriptor field) => field.Name switch
    {
        "node_id" => random.Next(10) switch { < 8 => Mallory.Name, < 9 => Mallory.Bystander, _ => null },
        "task_id" when random.Percent(70) => Marks.Task,
        "queue" when random.Percent(70) => "default",
        "instance" when random.Percent(70) => Mallory.Instance,
        _ => null,
    };

    private long? NumberFor(FieldDescriptor field) => field.Name switch
    {
        "session" or "run_sessions" or "dead_sessions" => random.Next(10) switch { < 7 => Marks.Session, < 8 => 0, _ =>
            null },
        "attempt" when random.Percent(70) => 1,
        _ => null,
    };

    private byte[]? BytesFor(FieldDescriptor field) => field.Name == "token" && random.Percent(70) ? Marks.Token : null;
}
