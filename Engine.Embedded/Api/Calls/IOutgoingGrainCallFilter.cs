namespace Orleans;

/// <summary>Sees calls on the caller's side; registered as a service.</summary>
public interface IOutgoingGrainCallFilter
{
    /// <summary>Handles a call; goes on by <see cref="IGrainCallContext.Invoke"/>.</summary>
    /// <param name="context">The call.</param>
    Task Invoke(IOutgoingGrainCallContext context);
}
