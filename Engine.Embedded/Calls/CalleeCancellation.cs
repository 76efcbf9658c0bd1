namespace OrleansTasks.Engine.Embedded;

/// <summary>
/// The callee's side of a cancellation token: follows the caller's token, but in a turn of the callee, so that what the
/// callee registered does not run on the caller's thread.
/// </summary>
internal sealed class CalleeCancellation : ITurn, IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly CancellationTokenRegistration _registration;
    private readonly Call _call;

    internal CalleeCancellation(Call call, CancellationToken token)
    {
        _call = call;
        Token = _source.Token;
        _registration = token.UnsafeRegister(
            static (self, token) => ((CalleeCancellation)self!).OnCancelled(token), this);
    }

    internal CancellationToken Token { get; }

    public void Run()
    {
        try
        {
            _source.Cancel();
        }
        catch (AggregateException exception)
        {
            _call.Origin.LogCancellationFailed(_call.Method.InterfaceName, _call.Method.Info.Name, exception);
        }
    }

    // Does not wait for a cancellation under way, whose callbacks may be waiting for this very turn.
    public void Dispose() => _registration.Unregister();

    private void OnCancelled(CancellationToken token)
    {
        _call.Cancel(token);
        if (_call.Host is { } host) host.Turns.Enqueue(this);
        else Run();
    }
}
