namespace OrleansTasks.Engine.Embedded;

/// <summary>A request on its way to another silo.</summary>
internal sealed class RequestMessage(EmbeddedSilo to, Request request) : ITurn
{
    /// <summary>The call that it carries, if it is one.</summary>
    internal Call? Call => request as Call;

    public void Run() => to.Receive(request);
}
