namespace OrleansTasks.Engine.Embedded;

/// <summary>Brings messages from one silo to another. Messages inside a silo do not pass here.</summary>
internal interface INetwork
{
    /// <summary>Has the message run at the receiver, now, later, or never.</summary>
    void Deliver(EmbeddedSilo from, EmbeddedSilo to, ITurn message);
}
