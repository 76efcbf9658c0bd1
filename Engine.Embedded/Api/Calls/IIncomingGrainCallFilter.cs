namespace Orleans;

/// <summary>Sees calls on the callee's side; registered as a service, or implemented by the grain.</summary>
public interface IIncomingGrainCallFilter
{
    /// <summary>Handles a call; goes on by <see cref="IGrainCallContext.Invoke"/>.</summary>
    /// <param name="context">The call.</param>
    Task Invoke(IIncomingGrainCallContext context);
}
