using Orleans.Runtime;

namespace OrleansTasks.Engine.Embedded;

/// <summary>
/// A call of a grain's or an observer's method. Its outcome is decided once: answer, timeout or cancellation.
/// </summary>
internal abstract class Call : Request
{
    private readonly Reference _reference;
    private int _decided;
    private bool _withdrawn;
    private CalleeCancellation? _cancellation;

    private protected Call(Method method, Reference reference, object?[] arguments)
    {
        Method = method;
        _reference = reference;
        Arguments = arguments;
        Context = RequestContext.Export();
        Source = Activation.Current;
    }

    internal Method Method { get; }

    internal Reference Reference => _reference;

    internal object?[] Arguments { get; }

    internal Dictionary<string, object>? Context { get; set; }

    /// <summary>The calling activation, if a grain calls.</summary>
    internal Activation? Source { get; }

    /// <summary>The silo it was sent from, where the answer goes.</summary>
    internal EmbeddedSilo Origin => _reference.Silo;

    internal override GrainId Target => _reference.Id;

    internal override bool Interleaves => Method.Interleaves;

    /// <summary>What the caller awaits.</summary>
    internal abstract Task Outcome { get; }

    /// <summary>
    /// Whether the caller has timed out or cancelled, so that the callee drops the call when it has not begun it yet. A caller
    /// that died withdraws nothing: its calls run, and their answers reach nobody, as in Orleans.
    /// </summary>
    internal bool IsWithdrawn => Volatile.Read(ref _withdrawn);

    /// <summary>Where <see cref="Deadlines"/> keeps it.</summary>
    internal Call? Earlier { get; set; }

    /// <summary>Where <see cref="Deadlines"/> keeps it.</summary>
    internal Call? Later { get; set; }

    /// <summary>Timestamp at which the caller gives up; 0 when it waits for no answer.</summary>
    internal long Deadline { get; set; }

    /// <summary>The silo it was last sent to.</summary>
    internal EmbeddedSilo? Destination { get; set; }

    /// <summary>The same call once more, whose answer nobody waits for.</summary>
    internal abstract Call Repeat();

    internal override void Reject(Exception reason) => Decide(reason);

    /// <summary>Calls an observer's method.</summary>
    internal abstract Task RunOnAsync(object instance);

    /// <summary>Decides on the caller's side that it failed.</summary>
    internal abstract void Decide(Exception exception);

    /// <summary>The caller wants no answer any more.</summary>
    internal void Cancel(CancellationToken token)
    {
        if (!TryDecide()) return;
        Volatile.Write(ref _withdrawn, true);
        BreakOff(token);
    }

    /// <summary>It cannot be sent; a one-way caller learns that too.</summary>
    internal abstract void RefuseToSend(Exception exception);

    /// <summary>Has the callee's token follow the caller's.</summary>
    /// <returns>False when the caller has cancelled already, so that there is nothing to send.</returns>
    internal bool TakeCancellation()
    {
        if (Arguments[Method.CancellationIndex] is not CancellationToken { CanBeCanceled: true } token) return true;
        if (token.IsCancellationRequested)
        {
            Cancel(token);
            return false;
        }

        _cancellation = new CalleeCancellation(this, token);
        Arguments[Method.CancellationIndex] = _cancellation.Token;
        return true;
    }

    internal void Expire()
    {
        Volatile.Write(ref _withdrawn, true);
        Decide(new TimeoutException(
            $"Response did not arrive on time in {Method.Deadlines.Timeout} for "
            + $"{Method.InterfaceName}.{Method.Info.Name} of {Target}."));
    }

    /// <summary>Tells the caller that it cancelled the call.</summary>
    private protected abstract void BreakOff(CancellationToken token);

    private protected bool TryDecide()
    {
        if (Interlocked.Exchange(ref _decided, 1) != 0) return false;
        if (Deadline != 0) Method.Deadlines.Remove(this);
        return true;
    }

    /// <summary>The method is done, whoever still waits for it.</summary>
    private protected void EndCancellation() => _cancellation?.Dispose();
}
