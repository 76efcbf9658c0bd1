namespace OrleansTasks.Simulation;

/// <summary>A simulation cannot go on: something escaped it, it does not get on, or its code failed.</summary>
public sealed class SimulationException : Exception
{
    /// <summary>Says what happened.</summary>
    /// <param name="message">What.</param>
    /// <param name="inner">Why, if an exception was the cause.</param>
    public SimulationException(string message, Exception? inner = null) : base(message, inner)
    {
    }
}
