namespace OrleansTasks.Simulation.Engine;

/// <summary>Something that an activation runs: a call, a timer's tick, an item of a stream.</summary>
internal abstract class Request : ITurn
{
    /// <summary>The activation that accepted it.</summary>
    internal Activation? Host { get; set; }

    /// <summary>The grain it is for.</summary>
    internal abstract GrainId Target { get; }

    /// <summary>Whether it starts regardless of other requests that the activation awaits.</summary>
    internal abstract bool Interleaves { get; }

    /// <summary>Whether it interleaves with other requests that only read.</summary>
    internal virtual bool IsReadOnly => false;

    /// <summary>Whether it counts as use, so that idle collection stays away.</summary>
    internal virtual bool KeepsAlive => true;

    /// <summary>Whether it means this activation only, so that it ends with it.</summary>
    internal virtual bool BelongsToActivation => false;

    /// <summary>What travels with it, and with the activation that it begins.</summary>
    internal virtual Dictionary<string, object>? Context => null;

    /// <summary>The activation that its sender remembers; null: whichever its silo has.</summary>
    internal IRequestTarget? Addressee { get; set; }

    /// <summary>How often it was handed on from an activation that ended.</summary>
    internal int Hops { get; set; }

    /// <summary>Runs in a turn of <see cref="Host"/> and calls <see cref="Activation.Finished"/> at the end.</summary>
    public abstract void Run();

    /// <summary>It will not run; its sender learns of it at once.</summary>
    internal abstract void Reject(Exception reason);

    /// <summary>It will not run, as its activation could not begin; a caller elsewhere gets the exception as an answer.</summary>
    internal virtual void Fail(GrainHost host, Exception reason) => Reject(reason);
}
