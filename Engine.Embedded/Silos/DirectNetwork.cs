namespace OrleansTasks.Engine.Embedded;

/// <summary>A network that neither waits nor loses.</summary>
internal sealed class DirectNetwork : INetwork
{
    public bool IsUsedWithin => false;

    public Exception Carried(Exception failure) => Copier.CopyException(failure);

    public void Deliver(EmbeddedSilo from, EmbeddedSilo to, ITurn message) => message.Run();
}
