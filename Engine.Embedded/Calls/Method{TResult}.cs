using System.Reflection;
namespace OrleansTasks.Engine.Embedded;

/// <summary>A method with its type of result.</summary>
internal sealed class Method<TResult> : Method
{
    internal Method(EmbeddedSilo silo, MethodInfo info, ReturnKind returns)
        : base(silo, info, returns, typeof(TResult))
    {
    }

    internal override object? Send(Reference reference, object?[] arguments)
    {
        var call = new Call<TResult>(this, reference, arguments);
        if (call.Origin.OutgoingFilters.Length == 0)
        {
            Dispatch(call);
            return AsReturned(call.Promise);
        }

        var filtered = new OutgoingCall<TResult>(this, call).RunAsync();
        return AsReturned(IsOneWay ? OneWayAnswer(filtered) : filtered);
    }

    /// <summary>Sends the call; its answer tells how it goes on, also when it cannot be sent.</summary>
    internal void Dispatch(Call<TResult> call)
    {
        try
        {
            CopyArguments(call.Arguments);
            if (CancellationIndex >= 0 && !call.TakeCancellation()) return;
        }
        catch (Exception exception)
        {
            call.RefuseToSend(exception);
            return;
        }

        call.Origin.Send(call);
    }

    private static Task<TResult> OneWayAnswer(Task<TResult> filtered) =>
        filtered.IsFaulted ? filtered : Call<TResult>.Sent;

    private object? AsReturned(Task<TResult> answer) => Returns switch
    {
        ReturnKind.Task => answer,
        ReturnKind.ValueTask => new ValueTask(answer),
        ReturnKind.ValueTaskOfResult => new ValueTask<TResult>(answer),
        _ => null,
    };
}
