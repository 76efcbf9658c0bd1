namespace Orleans;

/// <summary>Gives references. Getting one neither calls nor activates anything.</summary>
public interface IGrainFactory
{
    /// <summary>A reference to the grain with this key.</summary>
    /// <typeparam name="TGrainInterface">The interface to call it by.</typeparam>
    /// <param name="primaryKey">The key; any text, told apart by case.</param>
    /// <param name="grainClassNamePrefix">Chooses among several classes of the interface.</param>
    /// <returns>The reference.</returns>
    /// <exception cref="ArgumentException">No class, or more than one, implements the interface.</exception>
    TGrainInterface GetGrain<TGrainInterface>(string primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithStringKey;

    /// <summary>Makes an object callable by grains. The caller keeps the object alive.</summary>
    /// <typeparam name="TGrainObserverInterface">The interface it is called by.</typeparam>
    /// <param name="obj">The object.</param>
    /// <returns>What to hand to grains.</returns>
    TGrainObserverInterface CreateObjectReference<TGrainObserverInterface>(IGrainObserver obj)
        where TGrainObserverInterface : IGrainObserver;

    /// <summary>Ends what <see cref="CreateObjectReference{TGrainObserverInterface}"/> began.</summary>
    /// <typeparam name="TGrainObserverInterface">The interface it was called by.</typeparam>
    /// <param name="obj">The reference, not the object.</param>
    void DeleteObjectReference<TGrainObserverInterface>(IGrainObserver obj)
        where TGrainObserverInterface : IGrainObserver;
}
