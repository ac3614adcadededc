namespace Fabrique.Site.Layout;

/// <summary>
/// The rules that the pages of one area need beside those of the site. Stands in the <c>_Imports.razor</c> of the area, so that all its
/// pages have it: one request more, for them alone. What an area shows on pages that are not its own does with the rules of the site.
/// </summary>
/// <param name="file">Below <c>wwwroot</c>: "practices.css".</param>
[AttributeUsage(AttributeTargets.Class)]
public sealed class StyleSheetAttribute(string file) : Attribute
{
    public string File { get; } = file;
}
