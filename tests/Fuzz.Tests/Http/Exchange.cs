using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using OrleansTasks.Fuzz.Tests.Fuzzing;

namespace OrleansTasks.Fuzz.Tests.Http;

/// <summary>Sends bytes over a connection of their own and reads what comes back.</summary>
/// <param name="server">Where the server listens.</param>
internal sealed class Exchange(IPEndPoint server)
{
    /// <summary>How long an answer or a close may take.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long the rest of a request that is not whole stays away before the connection is closed in this direction.
    /// </summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(60);

    /// <summary>Returns all answers; none when the server closed without one.</summary>
    /// <exception cref="FindingException">
    /// There was neither an answer nor a close, or what came is not HTTP.
    /// </exception>
    public async Task<List<RawAnswer>> Send(byte[] request, RequestShape shape)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, LingerState =
            new LingerOption(true, 0) };
        using var limit = new CancellationTokenSource(Limit, TimeProvider.System);
        var came = new List<byte>();
        try
        {
            await socket.ConnectAsync(server, limit.Token);
            var sending = SendAll(socket, request, limit.Token);
            await Receive(socket, came, shape, limit.Token);
            await sending;
        }
        catch (OperationCanceledException)
        {
            var got = Read(came, shape);
            if (got.Count == 0 || !got[0].IsWhole)
                throw new FindingException(
                    $"There was neither an answer nor a close within {Limit.TotalSeconds} s: {shape}");
        }
        catch (SocketException)
        {
            // The server reset the connection: a close.
        }

        return Read(came, shape);
    }

    private static async Task SendAll(Socket socket, byte[] request, CancellationToken limit)
    {
        try
        {
            for (var sent = 0; sent < request.Length;)
                sent += await socket.SendAsync(request.AsMemory(sent), SocketFlags.None, limit);
        }
        catch (Exception closed) when (
            closed is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The server need not read what it refuses; what it answered is read all the same.
        }
    }

    private static async Task Receive(Socket socket, List<byte> came, RequestShape shape, CancellationToken limit)
    {
        var buffer = new byte[64 * 1024];
        var isShut = false;
        while (Read(came, shape) is var answers && !IsEnough(answers, shape, isShut))
        {
            // Nothing tells that a server waits for more of a request: it is given a moment, and then the other
            // direction ends. Not while it owes an answer: an end of a connection is an end of its requests.
            using var moment = CancellationTokenSource.CreateLinkedTokenSource(limit);
            if (!isShut && (!shape.IsWhole || (answers.Count > 0 && (answers[^1].IsWhole || IsStream(answers)))))
                moment.CancelAfter(Quiet);
            try
            {
                var count = await socket.ReceiveAsync(buffer, SocketFlags.None, moment.Token);
                if (count == 0)
                    return;
                came.AddRange(buffer.AsSpan(0, count));
            }
            catch (OperationCanceledException) when (!limit.IsCancellationRequested)
            {
                if (IsStream(Read(came, shape)))
                    return;
                socket.Shutdown(SocketShutdown.Send);
                isShut = true;
            }
        }
    }

    /// <summary>After a request that other bytes follow, all answers are awaited until the server closes.</summary>
    private static bool IsEnough(List<RawAnswer> answers, RequestShape shape, bool isShut) =>
        answers.Count > 0 && answers[^1].IsWhole
            && (!shape.HasMore || (isShut && answers[^1].Headers.GetValueOrDefault("connection") == "close"));

    private static bool IsStream(List<RawAnswer> answers) => answers.Count > 0 && answers[^1]
        .MediaType == "text/event-stream";

    private static List<RawAnswer> Read(List<byte> came, RequestShape shape)
    {
        try
        {
            return RawAnswer.ReadAll(CollectionsMarshal.AsSpan(came), shape.Method == "HEAD",
                shape.HasLaterHead);
        }
        catch (FormatException broken)
        {
            throw new FindingException($"What came back is not HTTP: {broken.Message}");
        }
    }
}
