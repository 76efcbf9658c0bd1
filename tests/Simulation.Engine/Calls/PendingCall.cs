using Orleans.Serialization.Invocation;

namespace OrleansTasks.Simulation.Engine;

/// <summary>
/// The caller's half of a call that waits for an answer. Its outcome is decided once: by the answer, its timeout, a cancellation, or the
/// death of the silo that has it.
/// </summary>
internal abstract class PendingCall(GrainHost origin, GrainId target, CallShape shape)
{
    private CancellationTokenRegistration _cancellation;
    private bool _isDecided;

    /// <summary>The silo that the answer goes to.</summary>
    internal GrainHost Origin => origin;

    /// <summary>The silo it was last sent to.</summary>
    internal GrainHost? Destination { get; set; }

    /// <summary>
    /// Whether the caller has timed out or cancelled, so that the callee drops the call when it has not begun it yet. A caller that
    /// died withdraws nothing: its calls run, and their answers reach nobody, as in Orleans.
    /// </summary>
    internal bool IsWithdrawn { get; private set; }

    /// <summary>Whether a grain calls, and not a client of the silo.</summary>
    internal bool IsOfGrain { get; init; }

    internal abstract Task Outcome { get; }

    /// <summary>Where <see cref="Deadlines"/> keeps it.</summary>
    internal Deadlines? Deadlines { get; set; }

    internal PendingCall? Earlier { get; set; }

    internal PendingCall? Later { get; set; }

    /// <summary>Timestamp at which the caller gives up; 0 when it does not wait.</summary>
    internal long Deadline { get; set; }

    /// <summary>Settles it by an answer, unless it is settled.</summary>
    internal void Decide(Response response)
    {
        if (!TryDecide()) return;
        if (response.Exception is { } failure) Break(failure);
        else Keep(response);
    }

    internal void Fail(Exception failure)
    {
        if (TryDecide()) Break(failure);
    }

    /// <summary>Has the callee's token follow the caller's.</summary>
    internal void Follow(CancellationToken token)
    {
        if (!token.CanBeCanceled) return;
        _cancellation = token.UnsafeRegister(
            static (self, token) => ((PendingCall)self!).OnCancelled(token), this);
    }

    internal void Expire()
    {
        Fail(new TimeoutException($"Response did not arrive on time in {Deadlines!.Timeout} for {shape} of {target}."));
        Withdraw();
    }

    private protected abstract void Keep(Response response);

    private protected abstract void Break(Exception failure);

    private protected abstract void Cancel(CancellationToken token);

    private void OnCancelled(CancellationToken token)
    {
        if (!TryDecide()) return;
        Cancel(token);
        Withdraw();
    }

    // Orleans, too, tells the callee of a timeout when the method takes a token.
    private void Withdraw()
    {
        IsWithdrawn = true;
        if (shape.IsCancellable && Destination is { } destination) origin.SendCancellation(this, destination);
    }

    private bool TryDecide()
    {
        if (_isDecided) return false;
        _isDecided = true;
        _cancellation.Unregister();
        if (Deadline != 0) Deadlines!.Remove(this);
        return true;
    }
}

/// <summary>With the type of its result.</summary>
internal sealed class PendingCall<TResult>(GrainHost origin, GrainId target, CallShape shape, TurnQueue? caller)
    : PendingCall(origin, target, shape)
{
    private readonly Promise<TResult> _promise = new(caller);

    /// <summary>What the caller awaits.</summary>
    internal Task<TResult> Result => _promise.Task;

    internal override Task Outcome => _promise.Task;

    private protected override void Keep(Response response)
    {
        // A method without a result is answered by a response of its own kind.
        if (response is CompletedResponse) _promise.Keep(default!);
        else _promise.Keep(response.GetResult<TResult>()!);
    }

    private protected override void Break(Exception failure) => _promise.Break(failure);

    private protected override void Cancel(CancellationToken token) => _promise.Cancel(token);
}
