namespace OrleansTasks.Silo.Status;

/// <summary>The engine that this program was built with cannot do what was asked; the message says what can.</summary>
public sealed class EngineLacksException : Exception
{
    /// <summary>Makes one without a message of its own.</summary>
    public EngineLacksException() : this("The engine cannot do this.") { }

    /// <summary>Makes one.</summary>
    public EngineLacksException(string message) : base(message) { }

    /// <summary>Makes one that keeps its cause.</summary>
    public EngineLacksException(string message, Exception? cause) : base(message, cause) { }
}
