namespace OrleansTasks.Client.Access;

/// <summary>
/// A call by key or session while it is being answered. Its <see cref="HttpContext.RequestAborted"/> is cancelled, too, when
/// the key is revoked or the session ends; dispose it once the call is answered.
/// </summary>
internal sealed class OpenCall : IDisposable
{
    private readonly Lock gate = new();
    private readonly HttpContext context;
    private readonly CancellationToken aborted;
    private readonly CancellationTokenSource end;
    private bool isAnswered;

    /// <summary>Makes one.</summary>
    public OpenCall(HttpContext context, string keyId, string? session)
    {
        (this.context, KeyId, Session) = (context, keyId, session);
        aborted = context.RequestAborted;
        end = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        context.RequestAborted = end.Token;
    }

    /// <summary>The key that it came with, or that its session was made with.</summary>
    public string KeyId { get; }

    /// <summary>The session's secret; null when it came with the key itself.</summary>
    public string? Session { get; }

    /// <summary>Whether it was told to end.</summary>
    public bool IsEnded { get; private set; }

    /// <summary>Tells it to end; one that has been told before and goes on loses its connection. From any thread.</summary>
    public void End()
    {
        lock (gate)
        {
            // The context is the next call's then.
            if (isAnswered)
                return;
            if (IsEnded)
            {
                context.Abort();
                return;
            }

            IsEnded = true;
            // What hears of it runs elsewhere, not under the gate.
            _ = end.CancelAsync();
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        lock (gate)
            isAnswered = true;
        context.RequestAborted = aborted;
        if (!IsEnded)
            end.Dispose();
    }
}
