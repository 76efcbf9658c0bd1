namespace OrleansTasks.Engine.Embedded;

/// <summary>A request on its way to another silo.</summary>
internal sealed class RequestMessage(EmbeddedSilo to, Request request) : ITurn
{
    public void Run() => to.Receive(request);
}
