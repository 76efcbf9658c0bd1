using Orleans.CodeGeneration;
using Orleans.Serialization.Invocation;

namespace OrleansTasks.Simulation.Engine;

/// <summary>A call on its way to another silo: bytes of Orleans' serializer, which each arrival makes a call of its own from.</summary>
internal sealed class Parcel
{
    private readonly GrainHost _to;
    private readonly CallShape _shape;
    private readonly GrainId _target;
    private readonly GrainId? _source;
    private readonly InvokeMethodOptions _options;
    private readonly IRequestTarget? _addressee;
    private readonly int _hops;
    private readonly byte[] _body;
    private readonly byte[]? _context;
    private PendingCall? _pending;

    internal Parcel(GrainHost from, GrainHost to, Call call)
    {
        var types = from.Types;
        _to = to;
        (_shape, _target, _source, _options, _pending) = (call.Shape, call.Target, call.Source, call.Options, call.Pending);
        (_addressee, _hops) = (call.Addressee, call.Hops);
        _body = types.Serialize(call.Body);
        _context = call.Context is null ? null : types.Serialize(call.Context);
    }

    /// <summary>The first arrival answers the caller; a repetition is run, and nobody waits for its answer.</summary>
    internal void Arrive()
    {
        var types = _to.Types;
        var pending = _pending;
        _pending = null;
        IInvokable body;
        Dictionary<string, object>? context;
        try
        {
            body = (IInvokable)types.Deserialize(_body);
            context = _context is null ? null : (Dictionary<string, object>)types.Deserialize(_context);
        }
        catch (Exception failure)
        {
            _to.NotSerialized(failure);
            pending?.Fail(failure);
            return;
        }

        _to.Receive(new Call(_target, body, _shape, _options, _source, context, pending) { Addressee = _addressee, Hops = _hops });
    }
}
