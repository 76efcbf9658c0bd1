namespace Orleans.Runtime;

/// <summary>A running timer of an activation.</summary>
public interface IGrainTimer : IDisposable
{
    /// <summary>Sets new times; inside a tick they hold once the tick ends.</summary>
    /// <param name="dueTime">Until the next tick; infinite means never.</param>
    /// <param name="period">From the end of a tick to the next; infinite means one tick only.</param>
    /// <exception cref="ArgumentOutOfRangeException">A time is negative or over 49.7 days.</exception>
    void Change(TimeSpan dueTime, TimeSpan period);
}
