using System.Collections.Concurrent;
using System.Reflection;
using Orleans;
using Orleans.Concurrency;

namespace OrleansTasks.Engine.Embedded;

/// <summary>A method of a grain interface, as one silo calls and serves it.</summary>
internal abstract class Method
{
    // They compile what they call after a few calls; every silo of the process shares that.
    private static readonly ConcurrentDictionary<MethodInfo, MethodInvoker> Invokers = new();

    private readonly MethodInvoker _invoker;
    private readonly bool[] _copied;
    private readonly bool _copiesAny;
    private long _calls;
    private long _failures;

    private protected Method(EmbeddedSilo silo, MethodInfo info, ReturnKind returns, Type result)
    {
        Info = info;
        Returns = returns;
        InterfaceName = info.DeclaringType!.FullName!.Replace('+', '.');
        Interleaves = info.IsDefined(typeof(AlwaysInterleaveAttribute));
        IsOneWay = returns == ReturnKind.Void || info.IsDefined(typeof(OneWayAttribute));
        Deadlines = silo.DeadlinesOf(info.GetCustomAttribute<ResponseTimeoutAttribute>()?.Timeout);
        var parameters = info.GetParameters();
        CancellationIndex = Array.FindIndex(parameters, p => p.ParameterType == typeof(CancellationToken));
        _copied = [.. parameters.Select(p =>
            !p.IsDefined(typeof(ImmutableAttribute)) && !Immutability.IsCertain(p.ParameterType))];
        _copiesAny = _copied.Contains(true);
        CopiesResult = !info.ReturnParameter.IsDefined(typeof(ImmutableAttribute))
            && result != typeof(Nothing) && !Immutability.IsCertain(result);
        _invoker = Invokers.GetOrAdd(info, static info => MethodInvoker.Create(info));
        StableId = StableHash.Of($"{InterfaceName}.{info.Name}");
    }

    internal MethodInfo Info { get; }

    /// <summary>The same in every process.</summary>
    internal ulong StableId { get; }

    internal ReturnKind Returns { get; }

    internal string InterfaceName { get; }

    internal bool Interleaves { get; }

    internal bool IsOneWay { get; }

    internal bool CopiesResult { get; }

    internal Deadlines Deadlines { get; }

    /// <summary>Which argument is a cancellation token, or -1.</summary>
    internal int CancellationIndex { get; }

    internal long Calls => Volatile.Read(ref _calls);

    internal long Failures => Volatile.Read(ref _failures);

    /// <summary>The method of this shape.</summary>
    internal static Method Create(EmbeddedSilo silo, MethodInfo info)
    {
        if (info.IsGenericMethodDefinition) throw Unsupported(info, "generic methods are not supported");
        var type = info.ReturnType;
        var (kind, result) = type switch
        {
            _ when type == typeof(void) => (ReturnKind.Void, typeof(Nothing)),
            _ when type == typeof(Task) => (ReturnKind.Task, typeof(Nothing)),
            _ when type == typeof(ValueTask) => (ReturnKind.ValueTask, typeof(Nothing)),
            { IsGenericType: true } when type.GetGenericTypeDefinition() == typeof(Task<>) =>
                (ReturnKind.Task, type.GenericTypeArguments[0]),
            { IsGenericType: true } when type.GetGenericTypeDefinition() == typeof(ValueTask<>) =>
                (ReturnKind.ValueTaskOfResult, type.GenericTypeArguments[0]),
            _ => throw Unsupported(info, $"{type} is not a task"),
        };
        if (kind == ReturnKind.Void && !info.DeclaringType!.IsAssignableTo(typeof(IGrainObserver)))
            throw Unsupported(info, "only observers' methods may return nothing");
        return (Method)Activator.CreateInstance(
            typeof(Method<>).MakeGenericType(result),
            BindingFlags.Instance | BindingFlags.NonPublic, null, [silo, info, kind], null)!;
    }

    /// <summary>Calls it by a reference.</summary>
    /// <returns>What the interface's method returns.</returns>
    internal abstract object? Send(Reference reference, object?[] arguments);

    /// <summary>Calls it on an instance.</summary>
    internal object? Invoke(object instance, object?[] arguments)
    {
        Interlocked.Increment(ref _calls);
        return _invoker.Invoke(instance, arguments.AsSpan());
    }

    internal void CountFailure() => Interlocked.Increment(ref _failures);

    /// <summary>Makes the arguments the callee's own.</summary>
    private protected void CopyArguments(object?[] arguments)
    {
        if (!_copiesAny) return;
        for (var i = 0; i < arguments.Length; i++)
        {
            if (_copied[i]) arguments[i] = Copier.Copy(arguments[i]);
        }
    }

    private static NotSupportedException Unsupported(MethodInfo info, string why) =>
        new($"{info.DeclaringType}.{info.Name}: {why}.");
}
