namespace OrleansTasks.Engine.Embedded;

/// <summary>Brings messages from one silo to another.</summary>
internal interface INetwork
{
    /// <summary>Has the message run at the receiver, now, later, or never.</summary>
    void Deliver(EmbeddedSilo from, EmbeddedSilo to, ITurn message);

    /// <summary>Whether messages within a silo pass here too. Otherwise they arrive in the moment they are sent.</summary>
    bool IsUsedWithin { get; }

    /// <summary>An exception as it reaches a caller on another silo.</summary>
    Exception Carried(Exception failure);
}
