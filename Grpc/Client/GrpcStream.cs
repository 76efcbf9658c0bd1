using System.IO.Pipelines;
using Google.Protobuf;
using OrleansTasks.Grpc.Wire;

namespace OrleansTasks.Grpc.Client;

/// <summary>
/// A call under way. One writer and one reader may use it at the same time. Disposing it before its end cancels it, which
/// the server sees.
/// </summary>
/// <typeparam name="TRequest">What is sent.</typeparam>
/// <typeparam name="TAnswer">What comes back.</typeparam>
public sealed class GrpcStream<TRequest, TAnswer> : IAsyncDisposable
    where TRequest : class, IMessage<TRequest>
    where TAnswer : class, IMessage<TAnswer>
{
    private readonly CancellationTokenSource ended;
    private readonly CancellationTokenSource? deadline;
    private readonly CancellationToken caller;
    private readonly HttpRequestMessage request;
    private readonly StreamContent? content;
    private readonly GrpcMethod<TRequest, TAnswer> method;
    private readonly int limit;
    private readonly Task<HttpResponseMessage> sending;
    private HttpResponseMessage? response;
    private PipeReader? input;
    private MessageReader<TAnswer>? answers;
    private bool isOver;

    internal GrpcStream(
        HttpMessageInvoker invoker, HttpRequestMessage request, StreamContent? content, GrpcMethod<TRequest, TAnswer> method,
        int limit, TimeSpan? timeout, CancellationToken channelOver, CancellationToken cancellation)
    {
        (this.request, this.content, this.method, this.limit, caller) = (request, content, method, limit, cancellation);
        deadline = timeout is { } span ? new CancellationTokenSource(span, TimeProvider.System) : null;
        ended = CancellationTokenSource.CreateLinkedTokenSource(
            cancellation, channelOver, deadline?.Token ?? CancellationToken.None);
        sending = Send(invoker);
    }

    /// <summary>Sends a message; completes when the connection has taken it.</summary>
    public async Task Write(TRequest message, CancellationToken cancellation)
    {
        using var both = Link(cancellation);
        var token = both?.Token ?? ended.Token;
        try
        {
            var stream = await content!.Ready.WaitAsync(token);
            if (method.Parts is { } parts)
                await Send(stream, message, parts(message), token);
            else
                await Send(stream, message, token);
        }
        catch (Exception failure) when (!cancellation.IsCancellationRequested)
        {
            throw Failed(failure);
        }
    }

    /// <summary>Says that nothing more will be sent.</summary>
    public void Complete() => content?.Complete();

    /// <summary>The next message; null once the call has succeeded.</summary>
    public async ValueTask<TAnswer?> Read(CancellationToken cancellation)
    {
        using var both = Link(cancellation);
        var token = both?.Token ?? ended.Token;
        try
        {
            answers ??= await Begin(token);
            if (answers is not null && await answers.Next(token) is { } answer)
                return answer;
        }
        catch (Exception failure) when (!cancellation.IsCancellationRequested)
        {
            throw Failed(failure);
        }

        if (!isOver)
            ResponseStatus.ThrowUnlessOk(response!);
        isOver = true;
        return null;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!isOver)
            await ended.CancelAsync();
        content?.Fail(new GrpcException(GrpcStatus.Cancelled, "The call has ended."));
        if (input is not null)
            await input.CompleteAsync();
        if (response is null)
            await sending.ContinueWith(
                static sent => sent.IsCompletedSuccessfully ? sent.Result : (object?)sent.Exception, TaskScheduler.Default);
        if (sending.IsCompletedSuccessfully)
            (await sending).Dispose();
        request.Dispose();
        ended.Dispose();
        deadline?.Dispose();
    }

    // Once the headers are there, what was said to the sending of the request ends no read any more: each has to be told itself.
    private CancellationTokenSource? Link(CancellationToken cancellation) => cancellation.CanBeCanceled && cancellation != caller
        ? CancellationTokenSource.CreateLinkedTokenSource(ended.Token, cancellation)
        : null;

    private static async Task Send(Stream stream, TRequest message, CancellationToken cancellation)
    {
        using var buffer = new PooledWriter(MessageFrame.PrefixSize + message.CalculateSize());
        MessageFrame.Write(buffer, message);
        await stream.WriteAsync(buffer.Written, cancellation);
        await stream.FlushAsync(cancellation);
    }

    private static async Task Send(
        Stream stream, TRequest message, IEnumerable<ReadOnlyMemory<byte>> parts, CancellationToken cancellation)
    {
        var sender = new PieceSender(stream);
        var prefix = new byte[MessageFrame.PrefixSize];
        MessageFrame.WritePrefix(prefix, message.CalculateSize());
        await sender.Send(prefix, cancellation);
        foreach (var part in parts)
            await sender.Send(part, cancellation);
        await sender.Flush(cancellation);
    }

    private async Task<HttpResponseMessage> Send(HttpMessageInvoker invoker)
    {
        try
        {
            return await invoker.SendAsync(request, ended.Token);
        }
        catch (Exception failure)
        {
            content?.Fail(failure);
            throw;
        }
    }

    private async Task<MessageReader<TAnswer>?> Begin(CancellationToken cancellation)
    {
        response = await sending.WaitAsync(cancellation);
        ResponseStatus.ThrowUnlessGrpc(response);
        if (isOver)
            return null;
        input = PipeReader.Create(await response.Content.ReadAsStreamAsync(cancellation));
        return new MessageReader<TAnswer>(input, method.Answers, limit);
    }

    private Exception Failed(Exception failure)
    {
        if (deadline?.IsCancellationRequested == true && !caller.IsCancellationRequested)
            return new GrpcException(GrpcStatus.DeadlineExceeded, "The server did not answer in time.", failure);
        return caller.IsCancellationRequested
            ? new OperationCanceledException("The call was cancelled.", failure, caller)
            : ResponseStatus.Of(failure);
    }
}
