using Orleans.Runtime;

namespace OrleansTasks.Engine.Embedded;

/// <summary>A call with its type of result.</summary>
internal sealed class Call<TResult> : Call
{
    /// <summary>What a caller gets that expects nothing.</summary>
    internal static readonly Task<TResult> Sent = Task.FromResult<TResult>(default!);

    private static readonly Action<Task, object?> ReturnedAction =
        static (task, call) => ((Call<TResult>)call!).Returned(task);

    private readonly Promise<TResult>? _promise;
    private Task<TResult>? _refused;

    internal Call(Method<TResult> method, Reference reference, object?[] arguments) : base(method, reference, arguments)
    {
        if (!method.IsOneWay) _promise = new(TurnQueue.Running);
    }

    /// <summary>What the caller awaits.</summary>
    internal Task<TResult> Promise => _promise?.Task ?? _refused ?? Sent;

    internal override Task Outcome => Promise;

    public override void Run()
    {
        var host = Host!;
        if (IsWithdrawn)
        {
            // The caller gave up while this waited.
            EndCancellation();
            host.Finished(this);
            return;
        }

        RequestContext.Import(Context);
        var instance = host.GrainInstance!;
        var task = IncomingCall.IsFiltered(host.Silo, instance) ? FilteredAsync(host.Silo, instance) : Invoke(instance);
        if (task.IsCompleted) Returned(task);
        else _ = task.ContinueWith(
            ReturnedAction, this, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, host.Turns);
    }

    internal override Call Repeat() => new Call<TResult>((Method<TResult>)Method, Reference, Arguments) { Context = Context };

    internal override async Task RunOnAsync(object instance)
    {
        if (IsWithdrawn) return;
        RequestContext.Import(Context);
        var silo = Origin;
        var task = IncomingCall.IsFiltered(silo, instance) ? FilteredAsync(silo, instance) : Invoke(instance);
        await task.ConfigureAwait(
            ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        Respond(silo, task);
    }

    internal override void Decide(Exception exception)
    {
        if (_promise is not null && TryDecide()) _promise.Break(exception);
    }

    internal void Decide(TResult result)
    {
        if (TryDecide()) _promise!.Keep(result);
    }

    private protected override void BreakOff(CancellationToken token) => _promise?.Cancel(token);

    internal override void RefuseToSend(Exception exception)
    {
        if (_promise is null) _refused = Task.FromException<TResult>(exception);
        else Decide(exception);
    }

    private Task Invoke(object instance)
    {
        try
        {
            return AsTask(Method.Invoke(instance, Arguments));
        }
        catch (Exception exception)
        {
            return Task.FromException<TResult>(exception);
        }
    }

    private async Task<TResult> FilteredAsync(EmbeddedSilo silo, object instance)
    {
        var context = new IncomingMethodCall(silo, instance, this, InvokeForResultAsync);
        await context.Invoke();
        return context.Result is TResult result ? result : default!;
    }

    private async Task<object?> InvokeForResultAsync(object instance)
    {
        var task = AsTask(Method.Invoke(instance, Arguments));
        await task;
        return task is Task<TResult> typed ? typed.Result : null;
    }

    private Task AsTask(object? returned) => returned switch
    {
        Task task => task,
        ValueTask task => task.AsTask(),
        ValueTask<TResult> task => task.AsTask(),
        _ when Method.Returns == ReturnKind.Void => Task.CompletedTask,
        _ => throw new InvalidOperationException($"{Method.InterfaceName}.{Method.Info.Name} returned no task."),
    };

    private void Returned(Task task)
    {
        var host = Host!;
        host.Finished(this);
        Respond(host.Silo, task);
    }

    private void Respond(EmbeddedSilo silo, Task task)
    {
        EndCancellation();
        Exception failure;
        try
        {
            if (task.IsCompletedSuccessfully)
            {
                if (_promise is null) return;
                var result = task is Task<TResult> typed ? typed.Result : default!;
                if (Method.CopiesResult) result = (TResult)Copier.Copy(result)!;
                Reply(silo, result, null);
                return;
            }

            failure = task.Exception?.InnerException ?? new TaskCanceledException(task);
        }
        catch (Exception exception)
        {
            failure = exception;
        }

        Method.CountFailure();
        if (_promise is null) silo.LogOneWayFailed(Method.InterfaceName, Method.Info.Name, Target, failure);
        else Reply(silo, default!, silo == Origin ? Copier.CopyException(failure) : silo.Network.Carried(failure));
    }

    private void Reply(EmbeddedSilo silo, TResult result, Exception? failure)
    {
        if (silo != Origin || silo.Network.IsUsedWithin) silo.Network.Deliver(silo, Origin, new ReplyMessage(this, result, failure));
        else if (failure is null) Decide(result);
        else Decide(failure);
    }

    private sealed class ReplyMessage(Call<TResult> call, TResult result, Exception? failure) : ITurn
    {
        public void Run()
        {
            if (failure is null) call.Decide(result);
            else call.Decide(failure);
        }
    }
}
