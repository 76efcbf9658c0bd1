using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using OrleansTasks.Fuzz.Tests.Fuzzing;
using OrleansTasks.Fuzz.Tests.Messages;
using OrleansTasks.Processing.Aggregates;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Processing.Processors;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Fuzz.Tests.Workers;

/// <summary>
/// Makes what a hostile master does, a line each: <c>status HEX</c>, <c>report HEX</c> and <c>commands HEX</c> send
/// bytes; <c>end STATUS</c> and <c>reset</c> end the stream of commands; <c>connection HEX</c> breaks all connections
/// and sends bytes to the next one.
/// </summary>
/// <param name="random">The iteration's choices.</param>
internal sealed class ScriptMaker(Random random)
{
    private const string Statuses = "0 1 2 3 4 5 7 8 9 12 13 14 16 17 99 -1 x";

    private static readonly byte[] Plan = new ProcessingPlan(
        ProcessorKind.Square, null, [], [new AggregateSpec("sum", AggregateOp.Sum, null, null, 1, 10, [])],
            SkipErrors: true).ToBytes();

    /// <summary>Makes a script.</summary>
    public byte[] Make()
    {
        var script = new StringBuilder();
        for (var left = random.Next(1, 4); left > 0; left--)
            script.Append(Line()).Append('\n');
        return Encoding.ASCII.GetBytes(script.ToString());
    }

    private string Line() => random.Next(100) switch
    {
        < 50 => $"commands {Bytes(Commands.Descriptor)}",
        < 72 => $"status {Bytes(StatusAnswer.Descriptor)}",
        < 82 => $"report {Bytes(ProgressAnswer.Descriptor)}",
        < 90 => $"end {random.Pick(Statuses.Split(' '))}",
        < 94 => "reset",
        _ => $"connection {Convert.ToHexString(Connection())}",
    };

    private string Bytes(MessageDescriptor type)
    {
        var bytes = new List<byte>();
        for (var left = random.Pick([1, 1, 1, 2, 4]); left > 0; left--)
            bytes.AddRange(random.Framed(Message(type)));
        return Convert.ToHexString(bytes.ToArray());
    }

    private byte[] Message(MessageDescriptor type)
    {
        var message = new MessageMaker(random) { TextFor = TextFor, NumberFor = NumberFor, BytesFor = BytesFor }.Make(
            type);
        if (message is Commands commands)
            foreach (var start in commands.Start)
                Tame(start);
        var bytes = message.ToByteArray();
        var changed = random.Next(100) switch
        {
            < 60 => bytes,
            < 75 => new WireMutator(random).AddFuture(bytes),
            _ => new WireMutator(random).Break(bytes),
        };
        return Harmless.AllowsCommands(changed) ? changed : bytes;
    }

    /// <summary>Whatever else a command has, its program is one of the harmless ones.</summary>
    private void Tame(Start start)
    {
        if (start.Argv.Count > 0)
            start.Argv[0] = random.Pick(Harmless.Programs);
        if (random.Percent(75))
            start.Chunk = null;
        // Endless chunks would be computed for as long as their lease stands, as they should.
        else if (start.Chunk is { } chunk && chunk.Items > 100_000)
            chunk.Items %= 100_000;
    }

    private string? TextFor(FieldDescriptor field) => field.Name switch
    {
        "task_id" when random.Percent(80) => new Guid(random.Bytes(16)).ToString(),
        "queue" when random.Percent(80) => "default",
        "argv" when random.Percent(50) => random.Pick(Harmless.Programs),
        "cwd" when random.Percent(60) => "",
        _ => null,
    };

    private long? NumberFor(FieldDescriptor field) => field.Name switch
    {
        "attempt" when random.Percent(80) => 1,
        "timeout_ms" when random.Percent(70) => random.Next(1, 2_000),
        "kill_grace_ms" when random.Percent(70) => random.Next(0, 100),
        "as_of" when random.Percent(80) => 0,
        "memory_bytes" or "processes" or "open_files" or "cpu_time_ms" when random.Percent(70) => 0,
        // Rare, because each odd one costs a connection and up to 12 s.
        "lease_ms" when random.Percent(94) => 10_000,
        "heartbeat_ms" when random.Percent(94) => 300,
        _ => null,
    };

    private byte[]? BytesFor(FieldDescriptor field) => field.Name switch
    {
        "token" when random.Percent(85) => random.Bytes(16),
        "plan" when random.Percent(60) => Plan,
        _ => null,
    };

    /// <summary>What a server may say that does not speak HTTP/2, or not well.</summary>
    private byte[] Connection()
    {
        byte[] settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
        return random.Next(7) switch
        {
            0 => [],
            1 => Encoding.ASCII.GetBytes("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
            2 => random.Bytes(random.Next(1, 200)),
            3 => [.. settings, 0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            4 => [.. settings, 0, 0, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            5 => [0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 4, 0xff, 0xff, 0xff, 0xff],
            _ => [.. settings, .. ByteMutator.Change(random, [0, 0, 5, 1, 4, 0, 0, 0, 1, 0x88, 0, 1, 0x61, 0])],
        };
    }
}
