namespace OrleansTasks.Client.Access;

/// <summary>
/// A call with a key or session that is still being answered. Its states: open, ended (its key was revoked or its
/// session has ended), answered. Ending it cancels <see cref="HttpContext.RequestAborted"/>. Dispose it once the call
/// is answered.
/// </summary>
internal sealed class OpenCall : IDisposable
{
    private readonly Lock gate = new();
    private readonly HttpContext context;
    private readonly CancellationToken aborted;
    private readonly CancellationTokenSource end;
    private bool isAnswered;

    /// <summary>Opens the call and replaces the context's <see cref="HttpContext.RequestAborted"/>.</summary>
    public OpenCall(HttpContext context, string keyId, string? session)
    {
        (this.context, KeyId, Session) = (context, keyId, session);
        aborted = context.RequestAborted;
        end = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        context.RequestAborted = end.Token;
    }

    /// <summary>The id of the call's key or, for a session, of the key that began the session.</summary>
    public string KeyId { get; }

    /// <summary>The session's secret; null if the call has the key itself.</summary>
    public string? Session { get; }

    /// <summary>Whether <see cref="End"/> was called before the call was answered.</summary>
    public bool IsEnded { get; private set; }

    /// <summary>
    /// Ends the call. The first call to End cancels RequestAborted; a later one aborts the connection, because the
    /// handler ignored the cancellation. Thread-safe.
    /// </summary>
    public void End()
    {
        lock (gate)
        {
            // Kestrel may already have reused the context for the next request.
            if (isAnswered)
                return;
            if (IsEnded)
            {
                context.Abort();
                return;
            }

            IsEnded = true;
            // Cancel would run the handler's callbacks here, while the gate is held; CancelAsync runs them on the pool.
            _ = end.CancelAsync();
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        lock (gate)
            isAnswered = true;
        context.RequestAborted = aborted;
        // CancelAsync may still be running callbacks, which need the source.
        if (!IsEnded)
            end.Dispose();
    }
}
