using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace OrleansTasks.System.Tests.Lifecycle;

/// <summary>
/// A connection over TLS that opens streams of HTTP/2 (RFC 9113) with a window of 0, so that the service may send no
/// byte of any answer's body.
/// </summary>
internal sealed class RawHttp2 : IDisposable
{
    private const byte Headers = 1, Reset = 3, Settings = 4;
    private const byte EndStream = 1, EndHeaders = 4;
    private const int HeadBytes = 9;
    private const ushort InitialWindow = 4, MostStreams = 3;
    private readonly TcpClient socket;
    private readonly SslStream stream;
    private readonly string authority;
    private int nextStream = 1;

    private RawHttp2(TcpClient socket, SslStream stream, string authority) =>
        (this.socket, this.stream, this.authority) = (socket, stream, authority);

    /// <summary>Whether the handshake agreed on HTTP/2.</summary>
    public bool IsHttp2 => stream.NegotiatedApplicationProtocol == SslApplicationProtocol.Http2;

    /// <summary>Connects, and begins HTTP/2 if the service agrees.</summary>
    public static async Task<RawHttp2> Connect(Uri service, params SslApplicationProtocol[] offered)
    {
        var socket = new TcpClient { ReceiveBufferSize = 4096 };
        await socket.ConnectAsync(IPAddress.Parse(service.Host), service.Port);
        var stream = new SslStream(socket.GetStream());
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "own", RemoteCertificateValidationCallback = static (_, _, _, _) => true, ApplicationProtocols = [.. offered],
        });
        var made = new RawHttp2(socket, stream, service.Authority);
        if (made.IsHttp2)
            await made.Begin();
        return made;
    }

    /// <summary>Sends the preface, and a window of 0 for every stream.</summary>
    public async Task Begin()
    {
        await stream.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray());
        await Send(Settings, 0, 0, [0, (byte)InitialWindow, 0, 0, 0, 0]);
    }

    /// <summary>Asks on a further stream, and reads nothing.</summary>
    public Task Ask(string path)
    {
        List<byte> fields = [];
        Add(fields, ":method", "GET");
        Add(fields, ":scheme", "https");
        Add(fields, ":authority", authority);
        Add(fields, ":path", path);
        nextStream += 2;
        return Send(Headers, EndStream | EndHeaders, nextStream - 2, [.. fields]);
    }

    /// <summary>Reads until the service has said how many streams a connection may have at once.</summary>
    public async Task<int> ReadMostStreams()
    {
        for (;;)
        {
            var (type, _, payload) = await Read();
            for (var at = 0; type == Settings && at + 6 <= payload.Length; at += 6)
            {
                if (BinaryPrimitives.ReadUInt16BigEndian(payload.AsSpan(at)) == MostStreams)
                    return (int)BinaryPrimitives.ReadUInt32BigEndian(payload.AsSpan(at + 2));
            }
        }
    }

    /// <summary>
    /// Reads until streams have been refused or answered; returns how many have begun an answer and how many were
    /// refused.
    /// </summary>
    public async Task<(int Answered, int Refused)> ReadStreams(int count)
    {
        var (answered, refused) = (0, 0);
        while (answered + refused < count)
        {
            var (type, _, _) = await Read();
            answered += type == Headers ? 1 : 0;
            refused += type == Reset ? 1 : 0;
        }

        return (answered, refused);
    }

    /// <summary>Reads until every stream has begun an answer, also if some were cut since.</summary>
    public async Task ReadAnswers()
    {
        for (var left = nextStream / 2; left > 0;)
        {
            var (type, _, _) = await Read();
            left -= type == Headers ? 1 : 0;
        }
    }

    /// <summary>Reads whatever comes until the service closes the connection; returns it.</summary>
    public async Task<string> ReadToEnd()
    {
        using var all = new MemoryStream();
        await stream.CopyToAsync(all);
        return Encoding.Latin1.GetString(all.ToArray());
    }

    public void Dispose()
    {
        stream.Dispose();
        socket.Dispose();
    }

    // A literal field without indexing and without Huffman's code: RFC 7541, 6.2.2.
    private static void Add(List<byte> fields, string name, string value)
    {
        fields.AddRange([0, (byte)name.Length, .. Encoding.ASCII.GetBytes(name), (byte)value.Length, .. Encoding.ASCII.GetBytes(value)]);
    }

    private async Task<(byte Type, int Stream, byte[] Payload)> Read()
    {
        var head = new byte[HeadBytes];
        await stream.ReadExactlyAsync(head);
        var payload = new byte[(head[0] << 16) | (head[1] << 8) | head[2]];
        await stream.ReadExactlyAsync(payload);
        return (head[3], BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)), payload);
    }

    private async Task Send(byte type, byte flags, int number, byte[] payload)
    {
        var frame = new byte[HeadBytes + payload.Length];
        (frame[1], frame[2], frame[3], frame[4]) = ((byte)(payload.Length >> 8), (byte)payload.Length, type, flags);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), number);
        payload.CopyTo(frame, HeadBytes);
        await stream.WriteAsync(frame);
    }
}
