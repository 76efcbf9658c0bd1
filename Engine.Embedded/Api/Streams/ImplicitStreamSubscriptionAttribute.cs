namespace Orleans;

/// <summary>The grain of a stream's key takes the items of all streams of a namespace.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public class ImplicitStreamSubscriptionAttribute : Attribute
{
    /// <summary>A subscription.</summary>
    /// <param name="streamNamespace">The namespace.</param>
    /// <param name="streamIdMapper">Only null: the grain's key is the stream's key.</param>
    public ImplicitStreamSubscriptionAttribute(string streamNamespace, string? streamIdMapper = null)
    {
        if (streamIdMapper is not null) throw new NotSupportedException("The grain's key is the stream's key.");
        Namespace = streamNamespace;
    }

    internal string Namespace { get; }
}
