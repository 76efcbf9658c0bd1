using System.Buffers.Binary;
using System.Text;
using OrleansTasks.Fuzz.Tests.Fuzzing;

namespace OrleansTasks.Fuzz.Tests.Silo;

/// <summary>Makes the bytes of an HTTP/2 connection: RFC 9113, with everything that it forbids.</summary>
/// <param name="random">The iteration's choices.</param>
internal sealed class FrameMaker(Random random)
{
    private const byte Data = 0, Headers = 1, Priority = 2, Reset = 3, Settings = 4, Push = 5, Ping = 6, GoAway = 7,
        Window = 8, Continuation = 9;
    private const byte EndStream = 1, EndHeaders = 4, Padded = 8;

    private static readonly string[] Prefaces =
        ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r", "PRI * HTTP/1.1\r\n\r\nSM\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "", "\u0016\u0003\u0001"];

    private static readonly string[] Paths =
    [
        "/orleanstasks.v1.NodeService/ReportStatus", "/orleanstasks.v1.NodeService/AssignTask",
        "/orleanstasks.v1.NodeService/Report",
        "/orleanstasks.v1.NodeService/WriteOutput", "/nowhere", "", "*", "//", "/%00",
    ];

    private readonly List<byte> bytes = [];

    /// <summary>Makes a connection's bytes.</summary>
    public byte[] Make()
    {
        var isProper = random.Percent(85);
        bytes.AddRange(Encoding.Latin1.GetBytes(isProper ? Prefaces[0] : random.Pick(Prefaces)));
        if (random.Percent(90))
            Add(Settings, 0, 0, []);
        for (var left = random.Next(1, 9); left > 0; left--)
            AddSomething();
        return random.Percent(10) ? ByteMutator.Change(random, bytes.ToArray()) : [.. bytes];
    }

    private void AddSomething()
    {
        switch (random.Next(16))
        {
            case 0: AddRequest(Stream(), isWhole: random.Percent(50)); break;
            case 1: Add(Window, 0, random.Pick<uint>([0, Stream()]),
                Big(random.Pick<uint>([0, 1, 0x7fffffff, 0xffffffff]))); break;
            case 2: Add(Continuation, random.Pick<byte>([0, EndHeaders]), Stream(), Fields()); break;
            case 3: Floods(); break;
            case 4: Add(Settings, random.Pick<byte>([0, 1]), random.Pick<uint>([0, 1]), SettingsBody()); break;
            case 5: Add(Ping, random.Pick<byte>([0, 1]), random.Pick<uint>([0, 1]),
                new byte[random.Pick([0, 7, 8, 9])]); break;
            case 6: Add(Priority, 0, Stream(), [.. Big(Stream()), 0]); break;
            case 7: Add(Push, EndHeaders, Stream(), [.. Big(2), .. Fields()]); break;
            case 8: Add(GoAway, 0, random.Pick<uint>([0, 1]), [.. Big(1), .. Big((uint)random.Next(0, 20)),
                .. random.Bytes(random.Next(0, 20))]); break;
            case 9: Add(Data, random.Pick<byte>([0, EndStream, Padded]), random.Pick<uint>([0, Stream()]),
                random.Bytes(random.Next(0, 300))); break;
            case 10: Add((byte)random.Next(10, 256), (byte)random.Next(256), Stream(),
                random.Bytes(random.Next(0, 40))); break;
            case 11: AddLongHeaders(); break;
            case 12: Add(Headers, (byte)(EndStream | EndHeaders), Stream(), BrokenFields()); break;
            case 13: Add(Headers, 0, 1, Fields()); Add(Data, 0, 1, [1]); break;
            case 14: AddLying(); break;
            default: Add(Reset, 0, random.Pick<uint>([0, Stream()]), random.Percent(80) ? Big((uint)random.Next(0, 14))
                : [1]); break;
        }
    }

    /// <summary>A call with a message that is whole or not: without an end the stream stays half open.</summary>
    private void AddRequest(uint stream, bool isWhole)
    {
        Add(Headers, EndHeaders, stream, Fields());
        Add(Data, isWhole ? EndStream : (byte)0, stream, [0, 0, 0, 0, (byte)(isWhole ? 0 : 9)]);
    }

    /// <summary>Moderate floods: the connection may be closed, the service must not suffer.</summary>
    private void Floods()
    {
        var (kind, count) = (random.Next(3), random.Pick([30, 150, 400]));
        for (uint i = 0; i < count; i++)
        {
            if (kind == 0)
            {
                Add(Headers, EndHeaders, (i * 2) + 1001, Fields());
                Add(Reset, 0, (i * 2) + 1001, Big(8));
            }
            else if (kind == 1)
                Add(Ping, 0, 0, new byte[8]);
            else
                Add(Settings, 0, 0, []);
        }
    }

    private void AddLongHeaders()
    {
        Add(Headers, 0, 1, Fields());
        for (var left = random.Pick([1, 5, 60]); left > 0; left--)
            Add(Continuation, 0, 1, Literal("x-long", new string('y', 4_000)));
        Add(Continuation, EndHeaders, 1, []);
    }

    /// <summary>A frame whose length is not that of what follows.</summary>
    private void AddLying()
    {
        var length = random.Pick<uint>([0, 1, 16_384, 16_385, 0xffffff]);
        bytes.AddRange([(byte)(length >> 16), (byte)(length >> 8), (byte)length,
            random.Pick<byte>([Data, Headers, Settings]), 0, .. Big(1), .. random.Bytes(20)]);
    }

    private byte[] SettingsBody()
    {
        byte[] one = [0, (byte)random.Next(0, 9),
            .. Big(random.Pick<uint>([0, 1, 16_384, 0x7fffffff, 0x80000000, 0xffffffff]))];
        return random.Percent(20) ? one[..random.Next(1, 6)] : one;
    }

    private byte[] Fields()
    {
        var fields = new List<byte>();
        fields.AddRange(Literal(":method", random.Percent(90) ? "POST" : random.Pick(["GET", "", "CONNECT"])));
        fields.AddRange(Literal(":scheme", random.Percent(95) ? "http" : "ftp"));
        fields.AddRange(Literal(":path", random.Pick(Paths)));
        fields.AddRange(Literal(":authority", "fuzz"));
        fields.AddRange(Literal("content-type", random.Percent(90) ? "application/grpc"
            : random.Pick(["application/json", "application/grpc+json", ""])));
        fields.AddRange(Literal("te", "trailers"));
        fields.AddRange(Literal("grpc-timeout", random.Pick(["300m", "1S", "0n", "x", "99999999H", "999999999H"])));
        if (random.Percent(15))
            fields.AddRange(random.Pick([Literal("Upper", "x"), Literal("connection", "close"),
                Literal(":path", "/two"), Literal("", "x"), Literal(":status", "200"),
                Literal("content-length", "99999"), Literal("orleanstasks-version", "2"),
                    Literal("grpc-encoding", "gzip"), Literal("x", "a\r\nb"), Literal("x\0", "y")]));
        return [.. fields];
    }

    /// <summary>
    /// HPACK (RFC 7541) that cannot be read: indexes that there are not, sizes that were not agreed, strings that do
    /// not end.
    /// </summary>
    private byte[] BrokenFields() => random.Next(6) switch
    {
        0 => [0x80],
        1 => [0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        2 => [0x3f, 0xff, 0xff, 0xff, 0xff, 0x0f],
        3 => [0x00, 0x7f, 0xff, 0xff, 0xff, 0x07, (byte)'a'],
        4 => [0x00, 0x84, 0xff, 0xff, 0xff, 0xff, 0x01, (byte)'a'],
        _ => random.Bytes(random.Next(1, 60)),
    };

    /// <summary>A literal field without indexing, its texts as they are.</summary>
    private static byte[] Literal(string name, string value) => [0, .. Text(name), .. Text(value)];

    private static byte[] Text(string text)
    {
        var raw = Encoding.Latin1.GetBytes(text);
        if (raw.Length < 127)
            return [(byte)raw.Length, .. raw];
        var length = new List<byte> { 127 };
        var rest = raw.Length - 127;
        for (; rest > 127; rest >>= 7)
            length.Add((byte)(rest | 128));
        return [.. length, (byte)rest, .. raw];
    }

    private uint Stream() => random.Pick<uint>([1, 3, 5, 7, 2, 0, 101, 0x7fffffff]);

    private void Add(byte type, byte flags, uint stream, byte[] payload) =>
        bytes.AddRange([(byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length, type, flags,
            .. Big(stream), .. payload]);

    private static byte[] Big(uint value)
    {
        var four = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(four, value);
        return four;
    }
}
