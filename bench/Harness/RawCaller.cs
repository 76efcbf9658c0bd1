using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OrleansTasks.Bench.Harness;

/// <summary>
/// Sends one request again and again over a connection and allocates next to nothing for it, so that what is allocated
/// meanwhile is the service's. The answers must have a length and fit in 16 KiB.
/// </summary>
internal sealed class RawCaller : IDisposable
{
    private static readonly byte[] End = "\r\n\r\n"u8.ToArray();
    private static readonly byte[] Length = "\r\nContent-Length: "u8.ToArray();

    private readonly Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] request;
    private readonly byte[] answer = new byte[16 * 1024];

    /// <summary>Connects to a service on this machine, at the address's port.</summary>
    public RawCaller(Uri address, string path, string body)
    {
        request = Encoding.UTF8.GetBytes(
            $"POST {path} HTTP/1.1\r\nHost: {address.Authority}\r\nContent-Type: application/json\r\n"
            + $"Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");
        socket.Connect(new IPEndPoint(IPAddress.Loopback, address.Port));
    }

    /// <summary>Sends the request and reads the whole answer, whose status must be 2xx.</summary>
    public void Send()
    {
        socket.Send(request);
        var read = 0;
        while (true)
        {
            if (read == answer.Length)
                throw new InvalidOperationException("The answer is larger than 16 KiB.");
            var count = socket.Receive(answer.AsSpan(read));
            if (count == 0)
                throw new InvalidOperationException("The service has closed the connection.");
            read += count;
            var text = answer.AsSpan(0, read);
            var head = text.IndexOf(End);
            if (head < 0)
                continue;
            if (text[9] != '2')
                throw new InvalidOperationException($"The service answered {Encoding.UTF8.GetString(text)}");
            if (read == head + End.Length + BodyLength(text[..(head + 2)]))
                return;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => socket.Dispose();

    private static int BodyLength(ReadOnlySpan<byte> head)
    {
        var digits = head[(head.IndexOf(Length) + Length.Length)..];
        return Utf8Parser.TryParse(digits, out int length, out _)
            ? length
            : throw new InvalidOperationException($"An answer without a length: {Encoding.UTF8.GetString(head)}");
    }
}
